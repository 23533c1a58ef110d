// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/verification/solid_run.h"

namespace vesalius::solid_test
{

/// A block of 4 x 2 x 2 cm with regions "body" and, in its far half, "core"; read on rank 0.
inline Mesh block_of_two_regions()
{
  if (rank_of(MPI_COMM_WORLD) != 0)
    return {};
  Mesh mesh         = make_box_mesh(3, {0, 0, 0}, {0.04, 0.02, 0.02}, {4, 2, 2});
  mesh.region_names = {{1, "body"}, {2, "core"}};
  for (std::size_t c = 0; c < mesh.n_cells(); ++c)
    {
      double x = 0;
      for (int v = 0; v < 4; ++v)
        x += mesh.points[mesh.cells[4 * c + v]][0] / 4;
      mesh.region_id[c] = x > 0.02 ? 2 : 1;
    }
  return mesh;
}

/// A case of the physics solid on that block.
struct SolidRun : model_test::ModelRun
{
  explicit SolidRun(const std::string &text, const std::string &output = "")
    : ModelRun("solid", block_of_two_regions(), text, output)
  {}
};

/// A column along x that cannot bulge, pulled by 0.1 Pa at its end: the sections of its boundaries.
inline const std::string pulled_column = R"(subsection Boundaries
  subsection *_min
    set Type = symmetry
  end
  subsection *_max
    set Type = symmetry
  end
  subsection x_max
    set Type     = traction
    set Traction = 0.1, 0, 0 Pa
  end
end
)";

/// All problems of a case in one text.
inline std::string problems_of(const std::string &text)
{
  try
    {
      SolidRun run(text);
      if (rank_of(MPI_COMM_WORLD) == 0)
        run.model->check(run.parameters, run.mesh, 1);
    }
  catch (const InputError &error)
    {
      return format_problems(error.problems());
    }
  return "";
}

} // namespace vesalius::solid_test
