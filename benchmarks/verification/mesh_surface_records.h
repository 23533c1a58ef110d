// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/vessel_surface.h"
#include "solver/interfaces/verification.h"

#include <string>

namespace vesalius::verification
{

/// Appends records of one subject, all of them ours.
class SubjectRecords
{
public:
  SubjectRecords(std::string subject, VerificationResult &result) : subject_(std::move(subject)), result_(result) {}
  void add(const std::string &quantity, const std::string &unit, double value, Criterion criterion, double reference, double limit = 0);

private:
  std::string         subject_;
  VerificationResult &result_;
};

/// Number of caps, flatness, and that the surface is closed, one piece, and does not cross itself.
void add_soundness(const Surface &surface, double n_caps, SubjectRecords &records);

/// A volume mesh with `cells_across`: that it keeps its promises, its volume, its angles.
void add_mesh(const VesselSurfaceResult &made, double cells_across, SubjectRecords &records);

/// A file of the folder that the environment variable VESALIUS_DATA names; empty where there is none.
std::string shared_file(const std::string &name);

} // namespace vesalius::verification
