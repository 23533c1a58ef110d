// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/app/case_file.h"
#include "solver/app/stage_cache.h"
#include "solver/core/log.h"
#include "solver/interfaces/image.h"
#include "solver/interfaces/mesh.h"
#include "solver/interfaces/surface.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vesalius
{

/// Whether the case begins at a mesh that needs no work: one of a file, or the built-in tube.
bool has_source_mesh(const ParameterTree &parameters);
/// That mesh.
Mesh source_mesh(const ParameterTree &parameters);

/// The chain image -> labels -> surface -> mesh of one case, on one process. Each stage writes its files to
/// OUTPUT/geometry and is skipped where they are there and its inputs have not changed.
class GeometryStages
{
public:
  enum class Stage
  {
    segment,
    surface,
    mesh
  };

  /// `simulation` and `log` must outlive the object.
  GeometryStages(const Case &simulation, std::string output_directory, bool force, Log &log);

  /// Walks the chain up to and including `last`. Throws what the stages throw.
  void run(Stage last);
  /// The mesh of the last stage, read from the output folder if its stage was skipped.
  const Mesh &mesh();
  /// True when every stage up to the mesh is current.
  bool is_current();
  /// Hash of the mesh's file, once the mesh is current.
  std::string mesh_hash() const { return cache_.output_hash(morphs_ ? "morph" : "mesh"); }
  /// Seconds of the stages in order; 0 for a skipped one.
  const std::vector<std::pair<std::string, double>> &seconds() const { return seconds_; }
  /// Path as given -> hash of its content.
  std::map<std::string, std::string> input_hashes() const;
  StageCache                        &cache() { return cache_; }

private:
  std::string source_hash() const;
  std::string segment_key() const;
  std::string surface_key() const;
  std::string mesh_key() const;
  std::string morph_key() const;
  void        segment();
  void        surface();
  void        make_mesh();
  void        morph();
  void        write_summary() const;
  /// Runs `work` unless the stage is current; `work` returns the stage's results.
  template <class Work>
  void run_stage(const std::string &stage, const std::string &key, const std::vector<std::string> &files, Work &&work);
  std::string path(const std::string &file) const { return output_directory_ + "/geometry/" + file; }

  const Case         &case_;
  std::string         output_directory_;
  Log                &log_;
  bool                morphs_;    ///< the mesh of stage "mesh" is a template, that of stage "morph" the case's
  StageCache          cache_;
  mutable std::string source_hash_; ///< computed once: an image may have hundreds of megabytes

  std::optional<Image>                        level_set_;
  std::optional<LabelImage>                   labels_;
  std::optional<Surface>                      surface_;
  std::optional<Centerline>                   centerline_;
  std::optional<Mesh>                         template_; ///< before it is morphed
  std::optional<Mesh>                         mesh_;
  std::vector<std::pair<std::string, double>> seconds_;
};

} // namespace vesalius
