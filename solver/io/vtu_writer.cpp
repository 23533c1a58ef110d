// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/io/vtu_writer.h"

#include "solver/core/errors.h"
#include "solver/core/number_text.h"
#include "solver/io/atomic_file.h"
#include "solver/io/markup.h"

#include <fmt/format.h>

#include <bit>
#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>

namespace vesalius
{

using internal::escape_markup;
using internal::unescape_markup;

static_assert(std::endian::native == std::endian::little, "the appended data are written as they lie in memory");

namespace
{

const char *type_name(const VtkArray &array)
{
  return array.integers ? "Int32" : "Float64";
}

std::string array_attributes(const VtkArray &array)
{
  std::string text = fmt::format("type=\"{}\" Name=\"{}\" NumberOfComponents=\"{}\"", type_name(array),
                                 escape_markup(array.name), array.n_components);
  if (!array.unit.empty())
    text += fmt::format(" Units=\"{}\"", escape_markup(array.unit));
  return text;
}

/// VTK stores strings in ASCII files as their character codes, each string closed by 0.
std::string field_string(const std::string &name, const std::vector<std::string> &strings)
{
  std::string codes;
  for (const auto &s : strings)
    {
      for (const unsigned char c : s)
        codes += fmt::format("{} ", static_cast<int>(c));
      codes += "0 ";
    }
  return fmt::format("<DataArray type=\"String\" Name=\"{}\" NumberOfTuples=\"{}\" format=\"ascii\">{}</DataArray>\n",
                     escape_markup(name), strings.size(), codes);
}

std::string field_data(const VtkPiece &piece)
{
  std::vector<std::string> units;
  for (const auto *arrays : {&piece.point_data, &piece.cell_data})
    for (const auto &array : *arrays)
      units.push_back(array.name + " [" + (array.unit.empty() ? "1" : array.unit) + "]");
  std::string text = "<FieldData>\n" + field_string("LengthUnit", {"m"}) + field_string("Frame", {"LPS"});
  if (!units.empty())
    text += field_string("Units", units);
  for (const auto &[name, strings] : piece.field_strings)
    text += field_string(name, strings);
  return text + "</FieldData>\n";
}

/// Blocks of the appended section: each is its byte count (UInt64) followed by the bytes.
class AppendedData
{
public:
  std::uint64_t add(const void *data, const std::size_t n_bytes)
  {
    const std::uint64_t offset = size_;
    blocks_.emplace_back(data, n_bytes);
    size_ += sizeof(std::uint64_t) + n_bytes;
    return offset;
  }
  void write(std::ostream &out) const
  {
    for (const auto &[data, n_bytes] : blocks_)
      {
        const std::uint64_t header = n_bytes;
        out.write(reinterpret_cast<const char *>(&header), sizeof(header));
        out.write(static_cast<const char *>(data), static_cast<std::streamsize>(n_bytes));
      }
  }

private:
  std::vector<std::pair<const void *, std::size_t>> blocks_;
  std::uint64_t                                     size_ = 0;
};

std::string appended_array(const std::string &attributes, const std::uint64_t offset)
{
  return fmt::format("<DataArray {} format=\"appended\" offset=\"{}\"/>\n", attributes, offset);
}

std::string data_section(const char *tag, const std::vector<VtkArray> &arrays, AppendedData &appended)
{
  std::string text = fmt::format("<{}>\n", tag);
  for (const auto &array : arrays)
    {
      const auto offset = array.integers ? appended.add(array.integer_values.data(), array.integer_values.size_bytes())
                                         : appended.add(array.values.data(), array.values.size_bytes());
      text += appended_array(array_attributes(array), offset);
    }
  return text + fmt::format("</{}>\n", tag);
}

void check_piece(const VtkPiece &piece)
{
  VESALIUS_ASSERT(piece.points.size() % 3 == 0, "VTU points are not triples");
  VESALIUS_ASSERT(piece.cells.size() % piece.nodes_per_cell == 0, "VTU cells are not complete");
  const std::size_t n_points = piece.points.size() / 3, n_cells = piece.cells.size() / piece.nodes_per_cell;
  const auto        check = [](const VtkArray &array, const std::size_t n) {
    const std::size_t size = array.integers ? array.integer_values.size() : array.values.size();
    VESALIUS_ASSERT(size == n * array.n_components, fmt::format("VTU array '{}' has {} values, expected {} x {}",
                                                                       array.name, size, n, array.n_components));
  };
  for (const auto &array : piece.point_data)
    check(array, n_points);
  for (const auto &array : piece.cell_data)
    check(array, n_cells);
}

void stream_piece(std::ostream &out, const VtkPiece &piece)
{
  const std::size_t         n_points = piece.points.size() / 3, n_cells = piece.cells.size() / piece.nodes_per_cell;
  std::vector<std::int64_t> offsets(n_cells);
  for (std::size_t c = 0; c < n_cells; ++c)
    offsets[c] = static_cast<std::int64_t>(c + 1) * piece.nodes_per_cell;
  const std::vector<std::uint8_t> types(n_cells, static_cast<std::uint8_t>(piece.vtk_cell_type));

  AppendedData appended;
  out << "<?xml version=\"1.0\"?>\n"
         "<VTKFile type=\"UnstructuredGrid\" version=\"1.0\" byte_order=\"LittleEndian\" header_type=\"UInt64\">\n"
         "<UnstructuredGrid>\n"
      << field_data(piece) << fmt::format("<Piece NumberOfPoints=\"{}\" NumberOfCells=\"{}\">\n", n_points, n_cells)
      << data_section("PointData", piece.point_data, appended) << data_section("CellData", piece.cell_data, appended)
      << "<Points>\n"
      << appended_array("type=\"Float64\" Name=\"Points\" NumberOfComponents=\"3\" Units=\"m\"",
                        appended.add(piece.points.data(), piece.points.size_bytes()))
      << "</Points>\n<Cells>\n"
      << appended_array("type=\"Int32\" Name=\"connectivity\"",
                        appended.add(piece.cells.data(), piece.cells.size_bytes()))
      << appended_array("type=\"Int64\" Name=\"offsets\"",
                        appended.add(offsets.data(), offsets.size() * sizeof(std::int64_t)))
      << appended_array("type=\"UInt8\" Name=\"types\"", appended.add(types.data(), types.size()))
      << "</Cells>\n</Piece>\n</UnstructuredGrid>\n<AppendedData encoding=\"raw\">\n_";
  appended.write(out);
  out << "\n</AppendedData>\n</VTKFile>\n";
}

/// Runs `action` on this rank and throws ResourceError on every rank if it failed on any.
template <class Action>
void collectively(MPI_Comm communicator, const int n_ranks, const Action &action)
{
  if (n_ranks == 1)
    return action();
  std::string message;
  try
    {
      action();
    }
  catch (const ResourceError &error)
    {
      message = error.what();
    }
  int failed = message.empty() ? 0 : 1, n_failed = 0;
  MPI_Allreduce(&failed, &n_failed, 1, MPI_INT, MPI_SUM, communicator);
  if (n_failed == 0)
    return;
  if (failed != 0)
    throw ResourceError(message, "");
  throw ResourceError(fmt::format("{} other rank(s) could not write their part of the output", n_failed),
                      "see the message of the rank that failed");
}

} // namespace

namespace internal
{

std::string pvtu_text(const std::string &name, const VtkPiece &piece, const int n_pieces)
{
  std::string text =
    "<?xml version=\"1.0\"?>\n"
    "<VTKFile type=\"PUnstructuredGrid\" version=\"1.0\" byte_order=\"LittleEndian\" header_type=\"UInt64\">\n"
    "<PUnstructuredGrid GhostLevel=\"0\">\n" +
    field_data(piece);
  const auto section = [&](const char *tag, const std::vector<VtkArray> &arrays) {
    text += fmt::format("<{}>\n", tag);
    for (const auto &array : arrays)
      text += fmt::format("<PDataArray {}/>\n", array_attributes(array));
    text += fmt::format("</{}>\n", tag);
  };
  section("PPointData", piece.point_data);
  section("PCellData", piece.cell_data);
  text += "<PPoints>\n<PDataArray type=\"Float64\" Name=\"Points\" NumberOfComponents=\"3\"/>\n</PPoints>\n";
  for (int r = 0; r < n_pieces; ++r)
    text += fmt::format("<Piece Source=\"{}_{}.vtu\"/>\n", escape_markup(name), r);
  return text + "</PUnstructuredGrid>\n</VTKFile>\n";
}

void write_vtu_piece(const std::string &path, const VtkPiece &piece)
{
  check_piece(piece);
  AtomicFile file(path);
  stream_piece(file.stream(), piece);
  file.commit();
}

} // namespace internal

std::string write_vtu(const std::string &path_without_extension, const VtkPiece &piece, MPI_Comm communicator)
{
  int rank = 0, n_ranks = 1, has_mpi = 0;
  MPI_Initialized(&has_mpi);
  if (has_mpi != 0)
    {
      MPI_Comm_rank(communicator, &rank);
      MPI_Comm_size(communicator, &n_ranks);
    }
  check_piece(piece);

  const std::string name      = std::filesystem::path(path_without_extension).filename().string();
  const std::string extension = n_ranks == 1 ? ".vtu" : fmt::format("_{}.vtu", rank);

  // No piece is renamed before all are complete, so that a full disk leaves the former state on every rank.
  std::unique_ptr<internal::AtomicFile> file;
  collectively(communicator, n_ranks, [&] {
    file = std::make_unique<internal::AtomicFile>(path_without_extension + extension);
    stream_piece(file->stream(), piece);
    file->close();
  });
  collectively(communicator, n_ranks, [&] { file->commit(); });
  if (n_ranks == 1)
    return name + ".vtu";

  collectively(communicator, n_ranks, [&] {
    if (rank != 0)
      return;
    internal::AtomicFile index(path_without_extension + ".pvtu");
    index.stream() << internal::pvtu_text(name, piece, n_ranks);
    index.commit();
  });
  return name + ".pvtu";
}

PvdSeries::PvdSeries(std::string path, const double continue_until) : path_(std::move(path))
{
  if (continue_until < 0)
    return;
  std::ifstream    in(path_);
  const std::regex entry("timestep=\"([^\"]*)\".*file=\"([^\"]*)\"");
  std::smatch      match;
  const double     limit = continue_until * (1 + 1e-9);
  for (std::string line; std::getline(in, line);)
    if (std::regex_search(line, match, entry))
      if (double time = 0; is_number(match[1].str(), time) && time <= limit)
        entries_.emplace_back(time, unescape_markup(match[2]));
}

void PvdSeries::add(const double time, const std::string &file_relative_to_pvd)
{
  entries_.emplace_back(time, file_relative_to_pvd);
  internal::AtomicFile file(path_);
  file.stream()
    << "<?xml version=\"1.0\"?>\n<VTKFile type=\"Collection\" version=\"1.0\" byte_order=\"LittleEndian\">\n"
       "<Collection>\n";
  for (const auto &[t, name] : entries_)
    file.stream() << fmt::format("<DataSet timestep=\"{}\" part=\"0\" file=\"{}\"/>\n", t, escape_markup(name));
  file.stream() << "</Collection>\n</VTKFile>\n";
  file.commit();
}

} // namespace vesalius
