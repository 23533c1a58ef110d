// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/errors.h"
#include "solver/io/report.h"
#include "solver/io/statistics.h"
#include "solver/io/vtu_writer.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numbers>
#include <regex>

using namespace vesalius;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

namespace
{
constexpr double pi = std::numbers::pi;

std::string fresh_folder()
{
  const auto *info   = testing::UnitTest::GetInstance()->current_test_info();
  const auto  folder = fs::temp_directory_path() /
                      ("vesalius_" + std::string(info->test_suite_name()) + "_" + info->name());
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder.string();
}

std::string read_file(const std::string &path)
{
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A curved tube with a bulge along z (m): centre and radius at height z in [-0.08, 0.08].
std::array<double, 3> centre_at(const double z)
{
  return {0.012 * std::sin(14 * z), -0.010 * std::cos(11 * z), z};
}
double radius_at(const double z)
{
  return 0.009 - 0.02 * z * 0.4 + 0.008 * std::exp(-std::pow((z + 0.01) / 0.022, 2));
}

Surface make_tube(const int n_around, const int n_along)
{
  Surface surface;
  for (int k = 0; k <= n_along; ++k)
    for (int i = 0; i < n_around; ++i)
      {
        const double z = -0.08 + 0.16 * k / n_along, phi = 2 * pi * i / n_around;
        const auto   c = centre_at(z);
        surface.points.push_back({c[0] + radius_at(z) * std::cos(phi), c[1] + radius_at(z) * std::sin(phi), z});
      }
  const auto node = [&](const int k, const int i) { return k * n_around + i % n_around; };
  for (int k = 0; k < n_along; ++k)
    for (int i = 0; i < n_around; ++i)
      {
        surface.triangles.push_back({node(k, i), node(k, i + 1), node(k + 1, i)});
        surface.triangles.push_back({node(k, i + 1), node(k + 1, i + 1), node(k + 1, i)});
      }
  surface.boundary_id.assign(surface.triangles.size(), 1);
  for (const int end : {n_along, 0})
    {
      const double z      = end == 0 ? -0.08 : 0.08;
      const int    centre = static_cast<int>(surface.points.size()), id = end == 0 ? 3 : 2;
      surface.points.push_back(centre_at(z));
      for (int i = 0; i < n_around; ++i)
        {
          surface.triangles.push_back({centre, node(end, i + (end == 0 ? 1 : 0)), node(end, i + (end == 0 ? 0 : 1))});
          surface.boundary_id.push_back(id);
        }
      surface.caps.push_back({end == 0 ? "outlet_left" : "inlet",
                              id,
                              centre_at(z),
                              {0, 0, end == 0 ? -1. : 1.},
                              pi * radius_at(z) * radius_at(z),
                              radius_at(z)});
    }
  surface.boundary_names = {{1, "wall"}, {2, "inlet"}, {3, "outlet_left"}};
  return surface;
}

/// A body with a spine and the tube, in HU, and the label of the tube.
void make_image(const std::array<std::size_t, 3> &size, Image &image, LabelImage &labels)
{
  image.modality        = "CT";
  image.grid.size       = size;
  image.grid.spacing_mm = {250. / double(size[0]), 200. / double(size[1]), 170. / double(size[2])};
  image.grid.origin_mm  = {-125, -100, -85};
  labels.grid           = image.grid;
  image.values.resize(image.grid.n_voxels());
  labels.labels.resize(image.grid.n_voxels());
  for (std::size_t k = 0; k < size[2]; ++k)
    for (std::size_t j = 0; j < size[1]; ++j)
      for (std::size_t i = 0; i < size[0]; ++i)
        {
          const auto   x      = image.grid.point_mm(double(i), double(j), double(k));
          const double body   = std::pow(x[0] / 115, 2) + std::pow(x[1] / 85, 2);
          const auto   c      = centre_at(x[2] * 1e-3);
          const double vessel = std::hypot(x[0] - 1e3 * c[0], x[1] - 1e3 * c[1]) - 1e3 * radius_at(x[2] * 1e-3);
          const double spine  = std::hypot(x[0], x[1] - 45) - 20;
          const bool   inside = vessel < 0 && std::abs(x[2]) < 80;
          float        value  = body > 1 ? -1000.f : body > 0.72 ? -100.f : 50.f;
          value               = spine < 0 ? 420.f - 60.f * float(std::fmod(std::abs(x[2]), 30.) < 4) * 4 : value;
          value               = inside ? 330.f : value;
          image.values[image.grid.index(i, j, k)]  = value + 12.f * float(std::sin(37.7 * i + 19.3 * j + 7.1 * k));
          labels.labels[image.grid.index(i, j, k)] = inside ? 1 : 0;
        }
}

void write_wall(const std::string &folder, const Surface &surface)
{
  std::vector<double>       points, tawss, osi;
  std::vector<std::int32_t> cells;
  for (const auto &x : surface.points)
    {
      points.insert(points.end(), x.begin(), x.end());
      const double r = 1e3 * radius_at(x[2]);
      tawss.push_back(2.2 * std::pow(9 / r, 3) * (1 + 0.25 * std::sin(60 * x[0] + 90 * x[2])));
      osi.push_back(0.45 / (1 + std::exp(-(r - 13) - 40 * x[0])));
    }
  for (std::size_t t = 0; t < surface.triangles.size(); ++t)
    if (surface.boundary_id[t] == 1)
      cells.insert(cells.end(), surface.triangles[t].begin(), surface.triangles[t].end());
  VtkPiece piece;
  piece.points         = points;
  piece.cells          = cells;
  piece.nodes_per_cell = 3;
  piece.vtk_cell_type  = 5;
  piece.point_data     = {{"TAWSS", "Pa", 1, tawss}, {"OSI", "", 1, osi}};
  write_vtu(folder + "/wall/averages", piece, MPI_COMM_SELF);
}

void write_statistics(const std::string &folder)
{
  StatisticsTable table(folder + "/statistics.csv",
                        {"step", "time [s]", "dt [s]", "iterations velocity", "iterations pressure", "residual",
                         "flow into inlet [mL/s]", "flow out of outlet_left [mL/s]", "flow out of outlet_right [mL/s]",
                         "pressure inlet [mmHg]", "pressure outlet_left [mmHg]", "pressure outlet_right [mmHg]",
                         "surface flux out of inlet [mL/s]", "Courant number", "wall shear mean [Pa]"});
  double          p = 82;
  for (int s = 1; s <= 400; ++s)
    {
      const double t = s * 0.005, phase = std::fmod(t, 1.0);
      const double q = 20 + 260 * std::exp(-std::pow((phase - 0.18) / 0.075, 2)) -
                       45 * std::exp(-std::pow((phase - 0.42) / 0.05, 2));
      p += 0.005 * (q * 1.35 - (p - 4) * 0.85);
      table.add_row({double(s), t, 0.005, std::round(9 + 22 * std::exp(-s / 12.) + 0.01 * q),
                     std::round(26 + 12 * std::exp(-s / 12.) + 0.04 * q), 1e-6 * (1 + 0.8 * std::sin(s)), q, 0.52 * q,
                     0.48 * q, p, p - 0.006 * q, p - 0.007 * q, -q, 0.02 * std::abs(q), 0.02 * std::abs(q)});
    }
  table.flush();
}

void write_json(const std::string &path, const nlohmann::json &json)
{
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path) << json.dump(2);
}

void write_records(const std::string &folder, const std::string &title)
{
  using Json = nlohmann::json;
  write_json(
    folder + "/run.json",
    {{"versions", {{"Vesalius", "0.1.0"}, {"git revision", "803198f"}, {"deal.II", "9.4.1"}, {"PETSc", "3.18.1"}}},
     {"command_line", {"vesalius", "run", "cases/abdominal_aorta/case.prm"}},
     {"overrides", {"Time/Cycles = 2"}},
     {"ranks", 2},
     {"inputs_sha256", {{"phantom:aorta:1", std::string(64, 'a')}}},
     {"stages", Json::array({{{"stage", "image"}, {"seconds", 4.2}},
                             {{"stage", "segmentation"}, {"seconds", 14.8}},
                             {{"stage", "surface"}, {"seconds", 11.1}},
                             {{"stage", "mesh"}, {"seconds", 19.6}},
                             {{"stage", "flow"}, {"seconds", 361.0}}})},
     {"peak_memory_bytes", 2.31e9},
     {"started", "2026-11-21T06:41:09Z"},
     {"ended", "2026-11-21T06:48:02Z"},
     {"exit_status", 0},
     {"message", ""}});
  const auto quantity = [](const char *name, const char *unit, const char *where, const double value,
                           const char *band) {
    return Json{{"name", name}, {"unit", unit}, {"location", where}, {"value", value}, {"reference_band", band}};
  };
  Json with_bar = quantity("Mean pressure drop", "mmHg", "inlet to outlets", 1.13, "");
  with_bar.update({{"interval", 0.042}, {"observed_order", 1.87}, {"convergence", "converging"}});
  write_json(folder + "/quantities.json",
             Json::array({quantity("Mean flow", "mL/s", "inlet", 51.2, ""),
                          quantity("Mean flow", "mL/s", "outlet_left", 26.6, ""),
                          quantity("Mean flow", "mL/s", "outlet_right", 24.6, ""),
                          with_bar,
                          quantity("Mean TAWSS", "Pa", "wall", 1.62, "1 to 7 Pa (arterial, Malek 1999)"),
                          quantity("Wall area with TAWSS below 0.4 Pa", "%", "wall", 31.4, "0 to 20 % (example)"),
                          quantity("Mean OSI", "1", "wall", 0.143, "0 to 0.2 (example)"),
                          quantity("Peak Reynolds number", "1", "inlet", 2890, ""),
                          quantity("cardiac period", "s", "inlet", 1.0, ""),
                          quantity("Largest cycle-to-cycle change", "%", "all", 1.1, "")}));
  write_json(
    folder + "/geometry/geometry.json",
    {{"segmentation", {{"volume_ml", 61.2}}},
     {"surface",
      {{"label_volume_ml", 61.2},
       {"surface_volume_ml", 61.35},
       {"volume_error", 0.00245},
       {"wall_area_cm2", 118.4},
       {"caps",
        Json::array(
          {{{"name", "inlet"}, {"radius_mm", 8.36}, {"area_mm2", 219.6}, {"centre_mm", {10.8, -6.4, 80.}}},
           {{"name", "outlet_left"}, {"radius_mm", 9.64}, {"area_mm2", 291.9}, {"centre_mm", {-10.8, -6.4, -80.}}}})}}},
     {"mesh",
      {{"n_vertices", 9120},
       {"n_cells", 46211},
       {"min_dihedral_deg", 9.3},
       {"max_dihedral_deg", 158.2},
       {"min_radius_ratio", 0.21},
       {"mean_radius_ratio", 0.83},
       {"min_edge_mm", 0.71},
       {"mean_edge_mm", 1.92},
       {"max_edge_mm", 3.6},
       {"volume_ml", 61.0},
       {"wall_area_cm2", 118.1},
       {"volume_error_vs_label", -0.0033},
       {"metrics",
        Json::array({{{"name", "scaled Jacobian"}, {"unit", ""}, {"smallest", 0.125}, {"mean", 0.625}, {"largest", 0.9375},
                      {"first_bin", 0.}, {"bin_width", 0.5}, {"histogram", {0.25, 0.75}}}})},
       {"dihedral_histogram",
        {0, 0.002, 0.006, 0.011, 0.02, 0.04, 0.07, 0.12, 0.19, 0.23, 0.18, 0.09, 0.03, 0.008, 0.003}}}}});
  std::ofstream(folder + "/events.jsonl") << Json{{"event", "warning"},
                                                  {"message", "the time step was reduced at peak systole"},
                                                  {"what_to_do", "nothing"},
                                                  {"count", 3}}
                                               .dump()
                                          << "\n{\"event\":\"step\",\"step\":1}\ntorn li";
  std::ofstream(folder + "/case.original.prm") << "set Title = " << title << "\n";
  std::ofstream(folder + "/case.full.prm")
    << "set Title = " << title << "\nsubsection Fluid\n  set Density = 1060 kg/m^3\nend\n";
}

ReportInput make_complete_case(const std::string &folder, const std::string &title,
                               const std::array<std::size_t, 3> &size = {125, 100, 105})
{
  ReportInput input;
  input.output_directory = folder;
  input.image.emplace();
  input.labels.emplace();
  make_image(size, *input.image, *input.labels);
  input.surface = make_tube(64, 120);
  write_wall(folder, *input.surface);
  write_statistics(folder);
  write_records(folder, title);
  return input;
}

/// Sets an environment variable for the life of the object.
class Environment
{
public:
  Environment(const char *name, const char *value) : name_(name)
  {
    if (const char *former = std::getenv(name))
      former_ = former;
    if (value != nullptr)
      ::setenv(name, value, 1);
    else
      ::unsetenv(name);
  }
  ~Environment()
  {
    if (former_)
      ::setenv(name_, former_->c_str(), 1);
    else
      ::unsetenv(name_);
  }

private:
  const char                *name_;
  std::optional<std::string> former_;
};

bool has_program(const std::string &name)
{
  for (const char *folder : {"/usr/bin/", "/usr/local/bin/", "/bin/"})
    if (fs::exists(folder + name))
      return true;
  return false;
}

int count(const std::string &text, const std::string &what)
{
  int n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++n;
  return n;
}
} // namespace

TEST(Report, ShowsEveryPartOfACompleteRun)
{
  if (!has_program("Xvfb") || !has_program("gnuplot"))
    GTEST_SKIP() << "needs Xvfb and gnuplot (Debian packages xvfb, gnuplot-nox)";
  const std::string folder = fresh_folder();
  const std::string html   = read_file(write_report(make_complete_case(folder, "Abdominal aorta, phantom 1")));
  EXPECT_THAT(html, HasSubstr("<h1>Abdominal aorta, phantom 1</h1>"));
  for (const char *heading : {"Image and segmentation", "Vessel", "Waveforms", "Wall", "Quantities", "Mesh quality",
                              "Convergence", "Where the time went", "Provenance", "Warnings"})
    EXPECT_THAT(html, HasSubstr(std::string("<h2>") + heading + "</h2>"));
  EXPECT_EQ(count(html, "data:image/png;base64,"), 3 + 2 + 4) << "slices, surface, wall maps";
  EXPECT_EQ(count(html, "<svg class=\"plot\""), 2 + 2 + 2 + 2)
    << "waveforms, Courant number and wall shear, angles and scaled Jacobian, convergence";
  EXPECT_THAT(html, HasSubstr("0.125; 0.625; 0.938"));
  EXPECT_THAT(html, HasSubstr("periodic: 1.1 %"));
  EXPECT_THAT(html, HasSubstr("the time step was reduced at peak systole <small>(3 times)</small>"));
  EXPECT_THAT(html, HasSubstr("CT, 125 × 100 × 105 voxels of 2 × 2 × 1.62 mm"));
  EXPECT_THAT(html, HasSubstr("Not a medical device"));
  EXPECT_THAT(html, Not(HasSubstr("surface flux"))) << "a check of the solver, not a waveform";
  EXPECT_THAT(html, Not(HasSubstr("Not in this report")));
  EXPECT_TRUE(fs::exists(folder + "/figures/TAWSS_posterior.png"));
}

TEST(Report, LoadsNothingFromOutside)
{
  const std::string html = read_file(write_report(make_complete_case(fresh_folder(), "Offline")));
  EXPECT_FALSE(
    std::regex_search(html, std::regex("(src|href)\\s*=\\s*['\"]?\\s*(https?:|//|file:)", std::regex::icase)));
  EXPECT_FALSE(std::regex_search(html, std::regex("@import|url\\(\\s*['\"]?\\s*(https?:|//)", std::regex::icase)));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("<link")));
}

TEST(Report, EscapesWhatComesFromFiles)
{
  const std::string folder = fresh_folder(), hostile = "<script>alert('x')</script>\"&`touch pwned`$(touch pwned)";
  ReportInput       input     = make_complete_case(folder, hostile);
  input.surface->caps[0].name = hostile;
  {
    StatisticsTable table(folder + "/statistics.csv",
                          {"step", "time [s]", "flow into <b>'`touch pwned`'; [<i>mL'/s]", "<img src=x> [m]"});
    for (int s = 0; s < 9; ++s)
      table.add_row({double(s), 0.1 * s, 1. * s, 2. * s});
    table.flush();
  }
  std::ofstream(folder + "/events.jsonl")
    << nlohmann::json{{"event", "warning"}, {"message", hostile}, {"what_to_do", hostile}}.dump() << "\n";
  const std::string html = read_file(write_report(input));
  for (const char *tag : {"<script", "<img src=x", "<b>'", "<i>mL"})
    EXPECT_THAT(html, Not(HasSubstr(tag)));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;"));
  EXPECT_FALSE(fs::exists(folder + "/pwned"));
  EXPECT_FALSE(fs::exists(folder + "/figures/pwned"));
}

TEST(Report, AppearsWithPlotsOnlyWhereThereIsNoRenderer)
{
  const std::string folder = fresh_folder(), programs = folder + "/programs";
  fs::create_directories(programs);
  const bool has_gnuplot = fs::exists("/usr/bin/gnuplot");
  if (has_gnuplot)
    fs::create_symlink("/usr/bin/gnuplot", programs + "/gnuplot");
  const auto        input = make_complete_case(folder, "No renderer");
  const Environment path("PATH", programs.c_str()), display("DISPLAY", nullptr);
  const std::string html = read_file(write_report(input));
  EXPECT_EQ(count(html, "data:image/png;base64,"), 3) << "slices need no renderer";
  EXPECT_EQ(count(html, "<svg class=\"plot\"") > 0, has_gnuplot);
  EXPECT_THAT(html, HasSubstr("3D views: no renderer: Xvfb is not installed"));
}

TEST(Report, SurvivesADisplayThatCannotBeOpened)
{
  const std::string folder = fresh_folder();
  const auto        input  = make_complete_case(folder, "Dead display");
  const Environment path("PATH", (folder + "/none").c_str()), display("DISPLAY", ":987");
  const std::string html = read_file(write_report(input));
  EXPECT_THAT(html, HasSubstr("3D views: the renderer failed"));
  EXPECT_THAT(html, HasSubstr("diagrams: gnuplot is not installed"));
  EXPECT_THAT(html, HasSubstr("Quantities"));
}

TEST(Report, NamesEveryMissingPartOfAnEmptyFolder)
{
  const std::string folder = fresh_folder();
  const std::string html   = read_file(write_report({folder, {}, {}, {}}));
  for (const char *name :
       {"run.json", "geometry/geometry.json", "quantities.json", "statistics.csv", "events.jsonl", "case.original.prm",
        "case.full.prm", "wall/averages.vtu", "no image was given", "no surface was given"})
    EXPECT_THAT(html, HasSubstr(name));
}

TEST(Report, SaysThatAFileIsDamaged)
{
  const std::string folder = fresh_folder();
  const auto        input  = make_complete_case(folder, "Damaged");
  std::ofstream(folder + "/run.json") << "{\"ranks\": 2,";
  std::ofstream(folder + "/quantities.json") << "{\"a\": 1}";
  std::ofstream(folder + "/statistics.csv") << "step,time [s]\n1,x\n";
  std::ofstream(folder + "/geometry/geometry.json")
    << R"({"surface": 3, "mesh": {"dihedral_histogram": [null, "a"], "n_cells": null}})";
  fs::resize_file(folder + "/wall/averages.vtu", 3000);
  const std::string html = read_file(write_report(input));
  EXPECT_THAT(html, HasSubstr("run.json is not valid JSON"));
  EXPECT_THAT(html, HasSubstr("quantities.json is not a list"));
  EXPECT_THAT(html, HasSubstr("statistics.csv:2:"));
}

TEST(Report, SaysNotPeriodicAboveTwoPerCent)
{
  const std::string folder = fresh_folder();
  write_json(folder + "/quantities.json",
             nlohmann::json::array({{{"name", "Cycle-to-cycle change of TAWSS"}, {"unit", "1"}, {"value", 0.034}},
                                    {{"name", "Cycle-to-cycle change of flow"}, {"unit", "%"}, {"value", 0.5}},
                                    {{"name", "Mean OSI"}, {"unit", "1"}, {"value", nullptr}}}));
  const std::string html = read_file(write_report({folder, {}, {}, {}}));
  EXPECT_THAT(html, HasSubstr("not periodic: 3.4 %"));
  EXPECT_THAT(html, HasSubstr("n/a"));
}

TEST(Report, FailsClearlyWhereTheFolderCannotBeWritten)
{
  EXPECT_THROW(write_report({"/proc/none", {}, {}, {}}), ResourceError);
}

TEST(Report, StaysWithinItsTimeForAClinicalImage)
{
  const auto input = make_complete_case(fresh_folder(), "Timing", {250, 200, 210});
  const auto start = std::chrono::steady_clock::now();
  write_report(input);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  RecordProperty("seconds", std::to_string(seconds));
  EXPECT_LT(seconds, 30);
}
