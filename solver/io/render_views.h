// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/interfaces/surface.h"

#include <array>
#include <string>
#include <vector>

namespace vesalius::internal
{

/// A picture of a scene from one side, parallel projection, transparent background.
struct SceneView
{
  std::string                        side;  ///< where the eye is: "anterior", "left", "posterior"; "superior", ...
  std::array<std::string, 4>         edges; ///< letters at the left, right, top and bottom; "" for none
  std::string                        file; ///< PNG
  int                                width = 0, height = 0;
  double                             mm_per_pixel = 1;
  std::vector<std::array<double, 2>> anchors; ///< of the caps, fractions of width and height from the top left
};

/// What is drawn in colours on a surface: an array of the file (of vectors, their length) times a factor.
struct MapRequest
{
  std::string array, title; ///< title: with the unit
  double      factor  = 1;
  double      highest = 0; ///< end of the colour scale; 0: by the values
};

/// A quantity on a surface with its colour scale.
struct ColourMap
{
  std::string              array, title;
  double                   low = 0, high = 1;
  bool                     values_above = false; ///< some of the wall lies above `high`
  std::vector<std::string> colours;              ///< CSS colours at equal distances from low to high
  std::vector<SceneView>   views;
};

struct SceneRequest
{
  const Surface           *surface = nullptr;
  std::vector<std::string> cap_colours; ///< "#rrggbb", one a cap
  std::string              map_file;    ///< VTU or PVTU whose skin the maps are drawn on, "" if none
  std::vector<MapRequest>  maps;
  bool                     is_displaced = false; ///< the skin is moved by the array `displacement`, with the shape before in grey, from three sides
  std::string              folder;
};

struct Scenes
{
  std::vector<SceneView> surface;
  std::vector<ColourMap> maps;
  std::string            problem; ///< why views are missing, "" if none are
};

/// Renders in a child process with a display of its own: never throws, never aborts; what fails is in `problem`.
Scenes render_scenes(const SceneRequest &request);

} // namespace vesalius::internal
