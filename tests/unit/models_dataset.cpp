// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/dataset.h"
#include "solver/core/errors.h"
#include "tests/refusal.h"
#include "tests/temporary_folder.h"

#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>

namespace
{

using namespace vesalius;
using namespace vesalius::surrogates;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

using DatasetFile = vesalius::testing::FolderTest;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Two inputs, a scalar, a vector field on all nodes of one tetrahedron and a scalar field on two of them; rows named from `first` on.
Dataset rows(int first, int n, Role role = Role::training, Origin origin = Origin::designed)
{
  Dataset data;
  data.inputs            = {{"flow", "m^3/s", parse_distribution("uniform 1e-5 1e-4")}, {"stiffness", "Pa", parse_distribution("normal 3000 500 1000 5000")}};
  data.mesh.points       = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  data.mesh.n_vertices   = 4;
  data.mesh.cells        = {0, 1, 2, 3};
  data.mesh.region_id    = {1};
  data.mesh.region_names = {{1, "left lobe"}};
  data.locations         = {{"nodes", {{0, 1, 2, 3}, {1, 1, 1, 1}}}, {"wall", {{1, 3}, {0.5, 0.25}}}};
  data.scalars           = {{"pressure drop", "Pa", {}}};
  data.fields            = {{"displacement", "m", "nodes", 3, {}}, {"wall shear", "Pa", "wall", 1, {}}};
  for (int i = first; i < first + n; ++i)
    {
      const auto name = std::to_string(i);
      data.runs.push_back({"run" + name, "geometry" + name, role, origin, false, "", "mesh", "case", "0.1.0", std::uint64_t(i), 2.5});
      data.input_values.insert(data.input_values.end(), {2e-5 + 1e-6 * i, 3000. + i});
      data.scalars[0].values.push_back(100. / 3 * i);
      for (int k = 0; k < 12; ++k)
        data.fields[0].values.push_back(float(i + 0.1 * k));
      data.fields[1].values.insert(data.fields[1].values.end(), {float(i), float(-i)});
    }
  return data;
}

TEST_F(DatasetFile, ComesBackAsItWasWrittenInTwoParts)
{
  const std::string path = this->path("set.h5");
  append_to_dataset(path, rows(0, 70));
  auto more            = rows(70, 3, Role::test, Origin::independent);
  more.runs[1].failed  = true;
  more.runs[1].reason  = "the solver diverged";
  more.scalars[0].values[1] = nan;
  for (int k = 12; k < 24; ++k)
    more.fields[0].values[k] = float(nan);
  more.fields[1].values[2] = more.fields[1].values[3] = float(nan);
  append_to_dataset(path, more);
  const auto whole = read_dataset(path), first = rows(0, 70);
  ASSERT_EQ(whole.n_runs(), 73u);
  EXPECT_EQ(whole.inputs, first.inputs);
  EXPECT_EQ(whole.locations, first.locations);
  EXPECT_EQ(whole.mesh.points, first.mesh.points);
  EXPECT_EQ(whole.mesh.cells, first.mesh.cells);
  EXPECT_EQ(whole.mesh.region_names, first.mesh.region_names);
  for (int i = 0; i < 73; ++i)
    EXPECT_EQ(whole.runs[i], i < 70 ? first.runs[i] : more.runs[i - 70]);
  EXPECT_EQ(whole.input_values[2 * 71], more.input_values[2]);
  EXPECT_EQ(whole.scalars[0].values[69], first.scalars[0].values[69]);
  EXPECT_TRUE(std::isnan(whole.scalars[0].values[71]));
  EXPECT_EQ(whole.fields[0].values[12 * 72 + 5], more.fields[0].values[12 * 2 + 5]);
  EXPECT_EQ(whole.fields[1].unit, "Pa");
  EXPECT_EQ(whole.fields[1].location, "wall");
}

TEST_F(DatasetFile, TheShapeIsTheLastFieldAndThePhysicsIsKept)
{
  auto data           = rows(0, 3);
  data.physics        = "solid";
  data.fields[0].name = shape_field;
  append_to_dataset(path("set.h5"), data);
  append_to_dataset(path("set.h5"), [&] {
    auto more           = rows(3, 2);
    more.fields[0].name = shape_field;
    return more;
  }());
  const auto whole = read_dataset(path("set.h5"));
  EXPECT_EQ(whole.physics, "solid");
  EXPECT_EQ(whole.n_runs(), 5u);
  EXPECT_EQ(whole.fields[0].name, "wall shear");
  EXPECT_EQ(whole.fields[1].name, shape_field);
  EXPECT_EQ(whole.fields[1].values[12], data.fields[0].values[12]);
  EXPECT_EQ(read_dataset([&] {
              append_to_dataset(path("old.h5"), rows(0, 1));
              return path("old.h5");
            }())
              .physics,
            "");
}

TEST_F(DatasetFile, EqualRunsGiveEqualFiles)
{
  for (const char *name : {"a.h5", "b.h5"})
    append_to_dataset(path(name), rows(0, 5));
  const auto bytes = [&](const std::string &name) {
    std::ifstream stream(path(name), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  };
  EXPECT_EQ(bytes("a.h5"), bytes("b.h5"));
}

TEST_F(DatasetFile, RefusesRowsOfAnotherKind)
{
  const std::string path = this->path("set.h5");
  auto              data = rows(0, 4);
  data.physics           = "flow";
  append_to_dataset(path, data);
  const auto refused = [&](const std::function<void(Dataset &)> &change) {
    auto more = rows(4, 2);
    change(more);
    return message_of([&] { append_to_dataset(path, more); });
  };
  EXPECT_THAT(refused([](Dataset &d) { d.physics = "solid"; }), HasSubstr("the physics of the new runs"));
  EXPECT_THAT(refused([](Dataset &d) { d.inputs[0].unit = "m/s"; }), HasSubstr("names, units or distributions of the inputs"));
  EXPECT_THAT(refused([](Dataset &d) { d.scalars[0].unit = "m"; }), HasSubstr("units of the scalars"));
  EXPECT_THAT(refused([](Dataset &d) { d.mesh.points[0][0] = 0.1; }), HasSubstr("nodes and cells of the mesh"));
  EXPECT_THAT(refused([](Dataset &d) { d.locations["wall"].weights[0] = 3; }), HasSubstr("weights of the locations"));
  EXPECT_THAT(refused([](Dataset &d) { d.runs[0].id = "run2"; }), HasSubstr("two runs 'run2'"));
  EXPECT_THAT(refused([](Dataset &d) { d.runs[1].geometry_id = "geometry3", d.runs[1].role = Role::test, d.runs[1].origin = Origin::independent; }),
              HasSubstr("geometry 'geometry3' is in the role training in run 'run3' and in the role test"));
  EXPECT_THAT(refused([](Dataset &d) { d.runs[0].role = Role::calibration; }), HasSubstr("designed, active and fall-back runs may only train"));
  EXPECT_THAT(refused([](Dataset &d) { d.runs[0].origin = Origin::fall_back, d.runs[0].role = Role::test; }), HasSubstr("may only train"));
  EXPECT_THAT(refused([](Dataset &d) { d.runs[0].origin = Origin::independent, d.input_values[0] = 1; }), HasSubstr("which 'uniform 1e-05 0.0001' cannot draw"));
  EXPECT_THAT(refused([](Dataset &d) { d.scalars[0].values[0] = nan; }), HasSubstr("is not a number"));
  EXPECT_THAT(refused([](Dataset &d) { d.runs[0].failed = true; }), HasSubstr("failed without a reason"));
  EXPECT_THAT(refused([](Dataset &d) { d.fields[0].values.pop_back(); }), HasSubstr("field 'displacement' has 23 values, 2 runs need 24"));
  EXPECT_EQ(read_dataset(path).n_runs(), 4u) << "nothing was appended";
}

TEST_F(DatasetFile, RefusesForeignTruncatedAndDamagedFiles)
{
  const std::string path = this->path("set.h5"), copy = this->path("copy.h5");
  append_to_dataset(path, rows(0, 40));
  EXPECT_TRUE(is_dataset_file(path));
  const auto reading = [&] { return message_of([&] { read_dataset(copy); }); };
  EXPECT_THAT(reading(), HasSubstr("there is no data set"));
  std::ofstream(copy) << "not HDF5 at all";
  EXPECT_THAT(reading(), HasSubstr("it is no HDF5 file"));
  EXPECT_FALSE(is_dataset_file(copy));
  const auto size = fs::file_size(path);
  for (const double share : {0.1, 0.5, 0.9, 0.999})
    {
      fs::copy_file(path, copy, fs::copy_options::overwrite_existing);
      fs::resize_file(copy, std::uintmax_t(share * double(size)));
      EXPECT_THAT(reading(), HasSubstr("it ends before its end")) << share;
    }
  // A changed value: the checksum of its chunk.
  std::ifstream     stream(path, std::ios::binary);
  std::string       bytes((std::istreambuf_iterator<char>(stream)), {});
  const double      value = 100. / 3 * 17;
  const std::string needle(reinterpret_cast<const char *>(&value), sizeof value);
  const auto        at = bytes.find(needle);
  ASSERT_NE(at, std::string::npos);
  bytes[at + 3] = char(bytes[at + 3] ^ 4);
  std::ofstream(copy, std::ios::binary) << bytes;
  EXPECT_THAT(reading(), HasSubstr("'/scalars/pressure drop' cannot be read, or is not as it was written"));
}

TEST(Distributions, QuantileAndShareAreInverse)
{
  for (const char *text : {"uniform -1 3", "log-uniform 0.01 100", "normal 2 0.5 1 4"})
    {
      const auto d = parse_distribution(text);
      EXPECT_EQ(distribution_text(d), text);
      for (const double u : {0., 1e-6, 0.2, 0.5, 0.97, 1.})
        EXPECT_NEAR(d.share_below(d.quantile(u)), u, 1e-12) << text;
      EXPECT_EQ(d.quantile(0), d.low);
      EXPECT_EQ(d.quantile(1), d.high);
    }
  EXPECT_NEAR(parse_distribution("normal 2 0.5 -100 100").quantile(0.975), 2 + 0.5 * 1.959963984540054, 1e-12);
  for (const char *text : {"", "uniform 3 1", "uniform 1", "normal 0 -1 0 1", "log-uniform 0 1", "uniform a b", "triangle 0 1"})
    EXPECT_THROW(parse_distribution(text), InputError) << text;
}

} // namespace
