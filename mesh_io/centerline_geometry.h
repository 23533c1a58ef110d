// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mesh_io/centerline.h"
#include "mesh_io/vector_math.h"
#include "solver/interfaces/surface.h"

#include <limits>
#include <string>
#include <vector>

namespace vesalius
{

/// Centre lines of a vessel tree with everything that VMTK's arrays say about them (Antiga, Steinman 2004; Piccinelli et
/// al. 2009). Metres, LPS. A quantity that cannot be told is NaN.
struct CenterlineGeometry
{
  /// From the inlet to one outlet; all vectors have the length of `points`.
  struct Line
  {
    std::string          outlet;   ///< name of the cap at its end
    std::vector<Vector3> points;   ///< a point where a tract ends and the next begins is there once
    std::vector<double>  radius;   ///< of the largest sphere inside the wall
    std::vector<double>  abscissa; ///< arc length from the inlet
    std::vector<double>  curvature, torsion;        ///< 1/m
    std::vector<Vector3> tangent, normal, binormal; ///< of Frenet
    std::vector<Vector3> parallel_normal;           ///< carried along without turning about the tangent
    std::vector<double>  section_area;              ///< m^2, of the lumen's section normal to the line
    std::vector<double>  section_min, section_max;  ///< m, its smallest and largest width (Feret)
    std::vector<char>    section_closed;            ///< 0: there is none, or it meets a cap: its values are no vessel's
  };
  /// A stretch of one line that belongs to one group.
  struct Tract
  {
    int         line = 0, group = 0, tract = 0; ///< `tract` counts along the line from 0
    bool        is_bifurcation = false;         ///< VMTK's Blanking
    std::size_t begin = 0, end = 0;             ///< first and last point, both part of it
  };
  /// What is known about one vessel between bifurcations and caps: a group that is no bifurcation.
  struct Branch
  {
    int         group = 0;
    std::string name;           ///< of the cap at its end, of the inlet for the first, else "branch_GROUP"
    double      length     = 0; ///< m
    double      tortuosity = 0; ///< length over the distance of the ends, less 1
    double      radius_min = 0, radius_mean = 0, radius_max = 0; ///< m, of inscribed spheres
    double      curvature_mean = 0, curvature_max = 0;           ///< 1/m
    double      torsion_mean = 0;                                ///< 1/m, of its magnitude
    double      section_area_mean = 0;                           ///< m^2, over closed sections
    double      section_min = 0, section_max = 0; ///< m, smallest and largest width of closed sections
    double      stenosis_degree = 0; ///< largest 1 - d/d_reference; d: of the inscribed sphere
    double      aneurysm_degree = 0; ///< largest D/D_reference; D: largest width of the section
  };
  std::vector<Line>   lines;
  std::vector<Tract>  tracts; ///< line after line, in order along each
  std::vector<Branch> branches;
};

/// Measures centre lines that all begin at one inlet (make_centerline_paths, or VMTK's) in their closed surface with caps.
/// Curvature and torsion are those of a quartic fitted over 2.5 radii to either side; torsion is 0 where the line bends
/// less than a hundredth per radius and so has no plane of its own. A degree is NaN for a branch shorter than two mean
/// diameters. Throws InputError for a line with fewer than two points or without length.
CenterlineGeometry measure_centerline(const Surface &surface, const Centerline &paths,
                                      const CenterlineProgress &progress = {});

/// VTP with one cell a tract and VMTK's names: point data MaximumInscribedSphereRadius, Abscissas, Curvature, Torsion,
/// FrenetTangent, FrenetNormal, FrenetBinormal, ParallelTransportNormals, CenterlineSectionArea, CenterlineSectionMinSize,
/// CenterlineSectionMaxSize, CenterlineSectionShape, CenterlineSectionClosed; cell data CenterlineIds, GroupIds, TractIds,
/// Blanking, Length, Tortuosity. FieldData GroupNames ("0=inlet"), LengthUnit, Frame. Throws InputError for another ending.
void write_centerline_geometry(const CenterlineGeometry &geometry, const std::string &path);

} // namespace vesalius
