// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace vesalius::verification
{

/// Small valid inputs, each in the text form of its format.
namespace seed_text
{
extern const char *const vtu_text;
extern const char *const vtk_text;
extern const char *const msh_2;
extern const char *const msh_4;
extern const char *const stl_text;
extern const char *const ply_text;
extern const char *const obj_text;
extern const char *const case_prm;
extern const char *const case_json;
} // namespace seed_text

/// Headers of images of `n` voxels a side, one byte each; that of MetaImage ends where the name of the data is to follow.
std::string metaimage_header(int n);
std::string nrrd_header(int n);
std::string inrimage_header(int n);

/// A DICOM file of `n` x `n` pixels at position `z` mm, explicit little endian, without a patient.
std::string dicom_slice(int n, double z);

} // namespace vesalius::verification
