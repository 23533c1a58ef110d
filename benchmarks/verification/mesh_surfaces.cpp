// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/mesh_surface_records.h"
#include "mesh_io/mesh_files.h"
#include "mesh_io/mesh_topology.h"
#include "solver/core/errors.h"
#include "solver/core/registry.h"

#include <chrono>

namespace vesalius::verification
{

namespace
{
struct SurfaceFile
{
  std::string name, frame;
  double      n_caps;
  bool        in_quick_form;
};

std::vector<SurfaceFile> surface_files()
{
  return {{"vmtk_aorta_mra/aorta-surface-open-ends.stl", "RAS", 3, true},
          {"vmtk_aorta_mra/aorta-surface.vtp", "RAS", 3, false},
          {"vmtk_aorta_mra/aorta-surface.stl", "RAS", 3, false},
          {"vmtk_aorta_mra/aorta-surface-branch-split.vtp", "RAS", 3, false},
          {"vmtk_aorta_mra/aorta-surface-two-segments.vtp", "RAS", 2, false},
          {"vmtk_aorta_mra/aorta-surface-segment-2.stl", "RAS", 2, false},
          {"vmtk_aorta_mra/aorta-surface-connectivity-reference.stl", "RAS", 2, false},
          {"artery_surface/artery.vtp", "LPS", 3, true}};
}

void add_surface(const SurfaceFile &file, const std::string &path, double cells_across, VerificationResult &result)
{
  SubjectRecords records(file.name.substr(file.name.find('/') + 1), result);
  try
    {
      const auto start = std::chrono::steady_clock::now();
      const auto input = read_surface(path, "mm", file.frame);
      const auto made  = prepare_surface(input, {});
      add_soundness(made.surface, file.n_caps, records);
      records.add("volume over that of the repaired and closed surface", "", enclosed_volume(made.surface) / enclosed_volume(close_ends(input, {}).surface),
                  Criterion::relative, 1, 0.001);
      records.add("repairs", "", static_cast<double>(made.repairs.size()), Criterion::shown, 0);
      add_mesh(made, cells_across, records);
      records.add("time of all", "s", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), Criterion::shown, 0);
      for (const std::string &action : made.repairs)
        result.remarks.push_back(file.name + ": " + action + ".");
    }
  catch (const InputError &error)
    {
      records.add("ended in a mesh", "", 0, Criterion::at_least, 1);
      result.remarks.push_back(file.name + ": refused, " + error.what());
    }
}

class SurfacesCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    if (!context.is_root()) // geometry is rank 0's
      return result;
    for (const SurfaceFile &file : surface_files())
      if (file.in_quick_form || !quick)
        {
          if (const std::string path = shared_file(file.name); path.empty())
            result.remarks.push_back("`" + file.name + "` was not there (environment variable VESALIUS_DATA) and is left out.");
          else
            add_surface(file, path, quick ? 5 : 7, result);
        }
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "mesh_surfaces", "Surfaces of patients end in valid meshes.",
   "Surfaces that other programs made: VMTK's of an MR angiogram of an abdominal aorta (closed, open, split into branches, in two pieces, parts of it), and an "
   "internal carotid artery. Each is repaired, closed, its triangles made even, and filled with 7 tetrahedra across (5 in the quick form). Where a file "
   "holds several pieces the largest counts. Time is wall time and includes a second closing for the comparison of volumes.",
   "benchmarks/verification/mesh_surfaces.cpp"},
  [] { return std::make_unique<SurfacesCase>(); });
} // namespace

} // namespace vesalius::verification
