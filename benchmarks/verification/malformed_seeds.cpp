// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/malformed_seeds.h"

#include "benchmarks/verification/malformed_seed_texts.h"
#include "mesh_io/image_files.h"
#include "mesh_io/mesh_files.h"
#include "mesh_io/volume_mesh.h"
#include "mesh_io/mesh_topology.h"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace vesalius::verification
{

namespace
{
using Command = std::vector<std::string>;

std::string text_of(const std::string &file)
{
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// A tube of bright voxels in a dark box, so that the stages behind the reader have something to do.
Image small_image()
{
  Image image;
  image.grid.size       = {8, 8, 10};
  image.grid.spacing_mm = {2, 2, 2};
  for (std::size_t k = 0; k < 10; ++k)
    for (std::size_t j = 0; j < 8; ++j)
      for (std::size_t i = 0; i < 8; ++i)
        image.values.push_back(i > 1 && i < 6 && j > 1 && j < 6 ? 3.f : 0.f);
  return image;
}

void add_images(const std::string &folder, std::vector<InputSeed> &seeds)
{
  for (const std::string name : {"image.mha", "image.nii", "image.nrrd"})
    {
      write_image(small_image(), folder + "/" + name);
      seeds.push_back({name, text_of(folder + "/" + name), {{"info", name}}, {}});
    }
  seeds.push_back({"image.nii.gz", text_of(folder + "/image.nii"), {{"info", "image.nii.gz"}, {"mesh", "image.nii.gz", "--output", "out"}}, {}, true});
  const std::string voxels(512, '\1');
  seeds.push_back({"raw.mha", metaimage_header(8) + "LOCAL\n" + voxels, {{"info", "raw.mha"}}, {}});
  seeds.push_back({"header.mhd", metaimage_header(8) + "data.raw\n", {{"info", "header.mhd"}}, {{"data.raw", voxels}}});
  seeds.push_back({"raw.nrrd", nrrd_header(8) + "\n" + voxels, {{"info", "raw.nrrd"}}, {}});
  seeds.push_back({"header.nhdr", nrrd_header(8) + "data file: data.raw\n", {{"info", "header.nhdr"}}, {{"data.raw", voxels}}});
  seeds.push_back({"image.inr", inrimage_header(8) + voxels, {{"info", "image.inr"}}, {}});
  seeds.push_back({"series/slice_2.dcm", dicom_slice(8, 4), {{"info", "series"}}, {{"series/slice_1.dcm", dicom_slice(8, 2)}, {"series/slice_3.dcm", dicom_slice(8, 6)}}});
}

void add_meshes(const std::string &folder, std::vector<InputSeed> &seeds)
{
  const Command unit{"--unit", "mm", "--frame", "LPS"};
  const auto    add = [&](const std::string &name, const std::string &content, const std::string &other_format) {
    Command info{"info", name}, convert{"convert", name, "out" + other_format};
    info.insert(info.end(), unit.begin(), unit.end());
    convert.insert(convert.end(), unit.begin(), unit.end());
    seeds.push_back({name, content, {info, convert}, {}});
  };
  const Mesh box = make_box_mesh(3, {0, 0, 0}, {0.02, 0.01, 0.01}, {2, 1, 1});
  for (const std::string name : {"box.vtu", "box.msh"})
    {
      write_mesh(box, folder + "/" + name);
      add(name, text_of(folder + "/" + name), name == "box.vtu" ? ".msh" : ".vtu");
    }
  for (const std::string name : {"box.vtp", "box.stl"})
    {
      write_surface(boundary_surface(box), folder + "/" + name);
      add(name, text_of(folder + "/" + name), name == "box.vtp" ? ".stl" : ".vtp");
    }
  Centerline line;
  line.branches.emplace_back();
  line.branches[0].points = {{0, 0, 0}, {0, 0, 0.01}, {0, 0.001, 0.02}};
  line.branches[0].radius = {0.002, 0.002, 0.003};
  write_centerline(line, folder + "/line.vtp");
  add("line.vtp", text_of(folder + "/line.vtp"), ".glb");
  add("text.vtu", seed_text::vtu_text, ".vtu");
  add("text.vtk", seed_text::vtk_text, ".vtu");
  add("two.msh", seed_text::msh_2, ".vtu");
  add("four.msh", seed_text::msh_4, ".vtu");
  add("text.stl", seed_text::stl_text, ".vtp");
  add("text.ply", seed_text::ply_text, ".vtp");
  add("text.obj", seed_text::obj_text, ".glb");
}

void add_tables_and_cases(const std::string &folder, std::vector<InputSeed> &seeds)
{
  const std::string mesh     = text_of(folder + "/box.vtu");
  const std::string samples  = "# a flow\ntime [s], flow [mL/s]\n0, 10.5\n0.25, 80\n0.5, 20.25\n0.75, 5e0\n1, 10.5\n";
  const std::string harmonic = "harmonic, cosine [mL/s], sine [mL/s]\n0, 20.5, 0\n1, 5, -3\n2, 1.5, 0.25\n";
  seeds.push_back({"inflow.csv", samples, {{"check", "case.prm"}}, {{"case.prm", seed_text::case_prm}, {"box.vtu", mesh}}});
  std::string with_period = seed_text::case_prm;
  with_period.insert(with_period.find("    set Profile"), "    set Period   = 1 s\n");
  seeds.push_back({"inflow.csv", harmonic, {{"check", "case.prm"}}, {{"case.prm", with_period}, {"box.vtu", mesh}}});
  seeds.push_back({"statistics.csv", "time [s],step,flow [mL/s]\n0.1,1,2.5\n0.2,2,2.625\n", {{"info", "statistics.csv"}}, {}});
  for (int i = 0; i < 3; ++i) // as often again: this is what users write by hand
    seeds.push_back({"case.prm", seed_text::case_prm, {{"check", "case.prm"}, {"info", "case.prm"}}, {{"inflow.csv", samples}, {"box.vtu", mesh}}});
  for (int i = 0; i < 3; ++i)
    seeds.push_back({"case.json", seed_text::case_json, {{"check", "case.json"}, {"info", "case.json"}}, {{"box.vtu", mesh}}});
  seeds.push_back({"box.vtu", mesh, {{"check", "case.json"}}, {{"case.json", seed_text::case_json}}});
}

} // namespace

std::string compressed(const std::string &content)
{
  z_stream stream{};
  deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY); // 16: with the header of gzip
  std::string result(deflateBound(&stream, content.size()) + 64, '\0');
  stream.next_in   = reinterpret_cast<Bytef *>(const_cast<char *>(content.data()));
  stream.avail_in  = static_cast<uInt>(content.size());
  stream.next_out  = reinterpret_cast<Bytef *>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  deflate(&stream, Z_FINISH);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

std::vector<InputSeed> input_seeds(const std::string &folder)
{
  std::vector<InputSeed> seeds;
  add_images(folder, seeds);
  add_meshes(folder, seeds);
  add_tables_and_cases(folder, seeds);
  return seeds;
}

} // namespace vesalius::verification
