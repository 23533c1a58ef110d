// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/multigrid_export.h"
#include "solver/kernels/cuda/box_bundle.h"
#include "solver/kernels/cuda/bundle_part.h"
#include "solver/kernels/cuda/multigrid.h"
#include "tests/temporary_folder.h"

#include <gtest/gtest.h>

#include <fstream>

namespace vesalius
{
namespace
{
using device::BundleFile;

class Bundle : public testing::FolderTest
{
protected:
  static std::string content(const std::string &file)
  {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  static void replace(const std::string &file, const std::string &bytes) { std::ofstream(file, std::ios::binary) << bytes; }
};

BundleFile small_bundle()
{
  BundleFile bundle;
  bundle.add("real", std::vector<double>{1.5, -2, 1e300});
  bundle.add("single", std::vector<float>{0.5f});
  bundle.add("short", std::vector<std::int32_t>{1, 2, 3});
  bundle.add("long", std::vector<std::int64_t>{1LL << 40});
  bundle.add("nothing", std::vector<double>{});
  bundle.add_text("text", "inlet\noutlet\n");
  return bundle;
}

TEST_F(Bundle, ComesBackAsItWas)
{
  small_bundle().write(path("a.bundle"));
  const auto found = BundleFile::read(path("a.bundle"));
  EXPECT_EQ(found.names(), small_bundle().names());
  EXPECT_EQ(found.get<double>("real"), (std::vector<double>{1.5, -2, 1e300}));
  EXPECT_EQ(found.get<float>("single"), std::vector<float>{0.5f});
  EXPECT_EQ(found.get<std::int32_t>("short", 3), (std::vector<std::int32_t>{1, 2, 3}));
  EXPECT_EQ(found.get<std::int64_t>("long"), std::vector<std::int64_t>{1LL << 40});
  EXPECT_TRUE(found.get<double>("nothing").empty());
  EXPECT_EQ(found.text("text"), "inlet\noutlet\n");
  EXPECT_THROW(found.get<double>("short"), device::InvalidBundle);
  EXPECT_THROW(found.get<double>("real", 4), device::InvalidBundle);
  EXPECT_THROW(found.get<double>("absent"), device::InvalidBundle);
  EXPECT_EQ(content(path("a.bundle")).size() % 64, 0U);
}

TEST_F(Bundle, NoDamageGoesUnnoticed)
{
  small_bundle().write(path("a.bundle"));
  const auto whole = content(path("a.bundle"));
  // The header's spare bytes and what fills up a section carry nothing.
  int n_noticed = 0;
  for (std::size_t at = 0; at < whole.size(); at += 3)
    {
      auto damaged = whole;
      damaged[at] ^= 1;
      replace(path("b.bundle"), damaged);
      try
        {
          const auto found = BundleFile::read(path("b.bundle"));
          EXPECT_EQ(found.get<double>("real"), (std::vector<double>{1.5, -2, 1e300})) << at;
        }
      catch (const device::InvalidBundle &)
        {
          ++n_noticed;
        }
    }
  EXPECT_GT(n_noticed, 6 * 128 / 3);
  for (const std::size_t size : {0UL, 10UL, 64UL, whole.size() - 1})
    {
      replace(path("b.bundle"), whole.substr(0, size));
      EXPECT_THROW(BundleFile::read(path("b.bundle")), device::InvalidBundle) << size;
    }
  EXPECT_THROW(BundleFile::read(path("absent")), device::BundleFileError);
  EXPECT_THROW(small_bundle().write(path("no/folder/a.bundle")), device::BundleFileError);
}

/// The seven-point Laplacian on n^3 points.
CompressedMatrix laplacian(int n)
{
  CompressedMatrix matrix{n * n * n, n * n * n, {0}, {}, {}};
  for (int k = 0; k < n; ++k)
    for (int j = 0; j < n; ++j)
      for (int i = 0; i < n; ++i)
        {
          const int  at  = (k * n + j) * n + i;
          const auto add = [&](bool is_there, int column, double value) {
            if (is_there)
              {
                matrix.columns.push_back(column);
                matrix.values.push_back(value);
              }
          };
          add(k > 0, at - n * n, -1);
          add(j > 0, at - n, -1);
          add(i > 0, at - 1, -1);
          add(true, at, 6);
          add(i + 1 < n, at + 1, -1);
          add(j + 1 < n, at + n, -1);
          add(k + 1 < n, at + n * n, -1);
          matrix.row_start.push_back(std::int64_t(matrix.columns.size()));
        }
  return matrix;
}

std::vector<double> product(const CompressedMatrix &a, const std::vector<double> &x)
{
  std::vector<double> y(a.n_rows, 0.);
  for (std::int64_t row = 0; row < a.n_rows; ++row)
    for (auto k = a.row_start[row]; k < a.row_start[row + 1]; ++k)
      y[row] += a.values[k] * x[a.columns[k]];
  return y;
}

std::vector<double> transposed_product(const CompressedMatrix &a, const std::vector<double> &x)
{
  std::vector<double> y(a.n_columns, 0.);
  for (std::int64_t row = 0; row < a.n_rows; ++row)
    for (auto k = a.row_start[row]; k < a.row_start[row + 1]; ++k)
      y[a.columns[k]] += a.values[k] * x[row];
  return y;
}

TEST(MultigridExport, OperatorsAreGalerkins)
{
  const auto levels = export_multigrid(laplacian(12));
  ASSERT_GT(levels.operators.size(), 2U);
  for (std::size_t l = 0; l + 1 < levels.operators.size(); ++l)
    {
      std::vector<double> x(levels.operators[l + 1].n_rows);
      for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = std::sin(1. + double(i));
      const auto &p      = levels.prolongations[l];
      const auto  wanted = transposed_product(p, product(levels.operators[l], product(p, x))), found = product(levels.operators[l + 1], x);
      for (std::size_t i = 0; i < x.size(); ++i)
        EXPECT_NEAR(found[i], wanted[i], 1e-10) << "level " << l;
    }
}

device::CompressedRows<float> single(const CompressedMatrix &a)
{
  return {a.n_rows, a.n_columns, a.row_start, a.columns, {a.values.begin(), a.values.end()}};
}

/// The error that a V-cycle leaves of one, in the energy norm.
TEST(MultigridExport, CycleConverges)
{
  using Host        = device::HostBackend;
  const auto levels = export_multigrid(laplacian(16));
  std::vector<device::CompressedRows<float>> operators, prolongations;
  for (const auto &a : levels.operators)
    operators.push_back(single(a));
  for (const auto &p : levels.prolongations)
    prolongations.push_back(single(p));
  auto                        multigrid = device::Multigrid<Host>::whole(operators, prolongations);
  const device::Queue<Host>   queue;
  const std::size_t           n = levels.operators[0].n_rows;
  std::vector<double>         x(n), error(n);
  device::Array<Host, double> r(n), z(n);
  for (std::size_t i = 0; i < n; ++i)
    error[i] = std::sin(3. * double(i));
  double before = 1;
  for (int cycle = 0; cycle < 8; ++cycle)
    {
      r.upload(product(levels.operators[0], error));
      multigrid.apply(queue, r, z);
      double energy = 0;
      for (std::size_t i = 0; i < n; ++i)
        error[i] -= z.data()[i];
      const auto image = product(levels.operators[0], error);
      for (std::size_t i = 0; i < n; ++i)
        energy += error[i] * image[i];
      if (cycle > 2)
        {
          EXPECT_LT(std::sqrt(energy / before), 0.5) << cycle;
        }
      before = energy;
    }
}

/// What part `from` sends to part `to`, by permanent ids, or what `to` keeps room for.
std::vector<std::int64_t> exchanged(const BundleFile &part, const std::string &space, int other, bool sends)
{
  const std::string prefix = "halo_" + space + ".", direction = sends ? "send_starts" : "receive_starts";
  const auto        ids = part.get<std::int64_t>("ids_" + space), starts = part.get<std::int64_t>(prefix + direction);
  const auto        ranks = part.get<std::int32_t>(prefix + "neighbours"), send = part.get<std::int32_t>(prefix + "send");
  const auto        n_owned = std::int64_t(part.number(prefix + "owned"));
  std::vector<std::int64_t> result;
  for (std::size_t k = 0; k < ranks.size(); ++k)
    for (auto i = starts[k]; ranks[k] == other && i < starts[k + 1]; ++i)
      result.push_back(ids[std::size_t(sends ? send[std::size_t(i)] : n_owned + i)]);
  return result;
}

TEST(BundlePart, PartsFitEachOther)
{
  constexpr int           n_parts = 5;
  const auto              whole   = device::make_box_bundle(6144, 1);
  std::vector<BundleFile> parts;
  for (int part = 0; part < n_parts; ++part)
    parts.push_back(device::part_of(whole, n_parts, part));
  for (const std::string space : {"p1", "p2"})
    {
      std::vector<std::int64_t> owned;
      for (int a = 0; a < n_parts; ++a)
        {
          const auto ids = parts[a].get<std::int64_t>("ids_" + space);
          owned.insert(owned.end(), ids.begin(), ids.begin() + std::ptrdiff_t(parts[a].number("halo_" + space + ".owned")));
          for (int b = 0; b < n_parts; ++b)
            EXPECT_EQ(exchanged(parts[a], space, b, true), exchanged(parts[b], space, a, false)) << space << " from " << a << " to " << b;
        }
      auto all = whole.get<std::int64_t>("ids_" + space);
      std::sort(owned.begin(), owned.end());
      std::sort(all.begin(), all.end());
      EXPECT_EQ(owned, all) << space << ": everything is owned once";
    }
  double n_faces = 0;
  for (const auto &part : parts)
    n_faces += part.number("owned_faces");
  EXPECT_EQ(n_faces, double(whole.get<std::int32_t>("face_outlets").size()));
}

} // namespace
} // namespace vesalius
