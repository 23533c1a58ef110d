// SPDX-License-Identifier: GPL-3.0-or-later
// write_fuzz_seeds FOLDER: a folder for every target with small valid inputs, what its fuzzing begins with.
#include "ai_surrogates/surrogate_writer.h"
#include "benchmarks/verification/malformed_seed_texts.h"
#include "solver/io/checkpoint.h"
#include "tests/surrogate_example.h"

#include <mpi.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace
{
using namespace vesalius::verification;

/// A NIfTI file of 2 x 2 x 2 bytes: the fields that a reader needs, at their places in the header.
std::string nifti()
{
  std::string file(352 + 8, '\0');
  const auto  put = [&](std::size_t at, auto value) { std::memcpy(file.data() + at, &value, sizeof value); };
  put(0, std::int32_t{348});
  put(40, std::int16_t{3});
  for (std::size_t d = 0; d < 3; ++d)
    {
      put(42 + 2 * d, std::int16_t{2});
      put(80 + 4 * d, 1.5f);
    }
  put(70, std::int16_t{2}); // unsigned bytes
  put(72, std::int16_t{8});
  put(76, 1.f);
  put(108, 352.f);
  std::memcpy(file.data() + 344, "n+1", 4);
  return file;
}

/// What a run writes, small.
std::string checkpoint(const std::filesystem::path &folder)
{
  const std::string                file = folder / "seed.h5";
  const vesalius::NodeDistribution nodes{.n_global = 2, .first = 0, .n_owned = 2, .ids = {0, 1}, .index = {0, 1}, .ghost_owner = {}};
  std::vector<double>              pressure{1, 2};
  vesalius::write_checkpoint(file, MPI_COMM_SELF, {{"pressure", 1, &nodes, pressure.data()}}, {{{"clock", {0.5, 10}}}, {{"mesh", "0123"}}});
  std::ifstream     stream(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  std::filesystem::remove(file);
  return bytes;
}

std::map<std::string, std::vector<std::string>> seeds(const std::filesystem::path &folder)
{
  const std::string voxels(8, '\1');
  const auto nul = std::string(1, '\0');
  const auto surrogate = vesalius::surrogate_bytes(vesalius::example::make_model_of_every_kind({.n_inputs = 2, .n_points = 5, .n_nodes = 12, .n_scalar_modes = 2, .n_vector_modes = 1, .n_scores = 5}));
  return {{"case", {seed_text::case_prm, seed_text::case_json}},
          {"quantity", {"80 mmHg", "1.06 g/cm^3", "1e7 Pa s/m^3", "5 L/min", "0.5", "3 4 5e-1"}},
          {"waveform", {"time [s], flow [mL/s]\n0, 10.5\n0.25, 80\n0.5, 20\n0.75, 5\n1, 10.5\n", "harmonic, cosine [mL/s], sine [mL/s]\n0, 20.5, 0\n1, 5, -3\n", "20, 12 -5, 3 1.5 mL/s"}},
          {"vtk", {seed_text::vtu_text}},
          {"legacy_vtk", {seed_text::vtk_text}},
          {"surface", {seed_text::stl_text, seed_text::ply_text, seed_text::obj_text}},
          {"msh", {seed_text::msh_2, seed_text::msh_4}},
          {"image", {nul + metaimage_header(2) + "LOCAL\n" + voxels, "\1" + nifti(), "\2" + nrrd_header(2) + "\n" + voxels, "\3" + inrimage_header(2) + voxels}},
          {"dicom", {dicom_slice(2, 0)}},
          {"surrogate", {nul + surrogate, "\1" + surrogate}},
          {"checkpoint", {nul + checkpoint(folder), "\1" + std::string(200, '\x55') + std::string(100, '\xff')}}};
}
} // namespace

int main(int argc, char **argv)
{
  if (argc != 2)
    {
      std::cerr << "write_fuzz_seeds FOLDER\n";
      return 1;
    }
  MPI_Init(&argc, &argv);
  std::filesystem::create_directories(argv[1]);
  for (const auto &[target, contents] : seeds(argv[1]))
    {
      const auto folder = std::filesystem::path(argv[1]) / target;
      std::filesystem::create_directories(folder);
      for (std::size_t i = 0; i < contents.size(); ++i)
        std::ofstream(folder / ("seed_" + std::to_string(i)), std::ios::binary) << contents[i];
    }
  MPI_Finalize();
  return 0;
}
