// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/io/checkpoint.h"

#include "solver/core/errors.h"
#include "solver/core/temporary_file.h"
#include "solver/core/provenance.h"
#include "solver/io/hdf5_handle.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <numeric>
#include <optional>
#include <unistd.h>

namespace vesalius
{

namespace
{
using hdf5::Handle;
using hdf5::QuietErrors;
using hdf5::Timeless;

constexpr int         format_version = 2;
constexpr std::size_t seal_size      = 512; ///< smallest user block of HDF5

/// Permanent ids are cut into equal slabs, one a rank; this moves values between owners and slabs.
class SlabExchange
{
public:
  SlabExchange(const NodeDistribution &nodes, MPI_Comm communicator)
    : communicator_(communicator)
  {
    int rank = 0;
    MPI_Comm_rank(communicator, &rank);
    MPI_Comm_size(communicator, &n_ranks_);
    size_  = (nodes.n_global + n_ranks_ - 1) / n_ranks_;
    begin_ = std::min<std::int64_t>(rank * size_, nodes.n_global);
    count_ = std::min<std::int64_t>((rank + 1) * size_, nodes.n_global) - begin_;
    counts_.assign(n_ranks_, 0);
    order_.resize(nodes.n_owned);
    std::iota(order_.begin(), order_.end(), 0);
    std::stable_sort(order_.begin(), order_.end(), [&](int a, int b) { return nodes.ids[a] / size_ < nodes.ids[b] / size_; });
    std::vector<std::int64_t> ids;
    for (const int node : order_)
      {
        ids.push_back(nodes.ids[node]);
        ++counts_[nodes.ids[node] / size_];
      }
    slab_counts_.resize(n_ranks_);
    MPI_Alltoall(counts_.data(), 1, MPI_INT, slab_counts_.data(), 1, MPI_INT, communicator);
    slab_ids_.resize(count_);
    exchange(ids.data(), counts_, slab_ids_.data(), slab_counts_, 1, MPI_INT64_T);
  }
  std::int64_t begin() const { return begin_; }
  std::int64_t count() const { return count_; }

  std::vector<double> to_slab(const double *values, int n) const
  {
    std::vector<double> packed, arrived(count_ * n), slab(count_ * n);
    for (const int node : order_)
      packed.insert(packed.end(), values + std::size_t(node) * n, values + std::size_t(node + 1) * n);
    exchange(packed.data(), counts_, arrived.data(), slab_counts_, n, MPI_DOUBLE);
    for (std::int64_t i = 0; i < count_; ++i)
      std::copy_n(&arrived[i * n], n, &slab[(slab_ids_[i] - begin_) * n]);
    return slab;
  }
  void from_slab(const std::vector<double> &slab, double *values, int n) const
  {
    std::vector<double> packed(count_ * n), arrived(order_.size() * n);
    for (std::int64_t i = 0; i < count_; ++i)
      std::copy_n(&slab[(slab_ids_[i] - begin_) * n], n, &packed[i * n]);
    exchange(packed.data(), slab_counts_, arrived.data(), counts_, n, MPI_DOUBLE);
    for (std::size_t i = 0; i < order_.size(); ++i)
      std::copy_n(&arrived[i * n], n, values + std::size_t(order_[i]) * n);
  }

private:
  void exchange(const void *send, std::vector<int> send_counts, void *receive, std::vector<int> receive_counts, int n,
                MPI_Datatype type) const
  {
    const auto starts = [&](std::vector<int> &counts) {
      std::vector<int> offsets(n_ranks_, 0);
      for (int r = 0; r < n_ranks_; ++r)
        {
          counts[r] *= n;
          if (r > 0)
            offsets[r] = offsets[r - 1] + counts[r - 1];
        }
      return offsets;
    };
    const auto send_starts = starts(send_counts), receive_starts = starts(receive_counts);
    MPI_Alltoallv(send, send_counts.data(), send_starts.data(), type, receive, receive_counts.data(),
                  receive_starts.data(), type, communicator_);
  }

  MPI_Comm                  communicator_;
  int                       n_ranks_ = 1;
  std::int64_t              size_ = 0, begin_ = 0, count_ = 0;
  std::vector<int>          order_, counts_, slab_counts_;
  std::vector<std::int64_t> slab_ids_;
};

/// True on all ranks only if it is true on every one.
bool all_agree(bool good, MPI_Comm communicator)
{
  int flag = good ? 1 : 0;
  MPI_Allreduce(MPI_IN_PLACE, &flag, 1, MPI_INT, MPI_MIN, communicator);
  return flag == 1;
}

bool write_attribute(hid_t place, const std::string &name, hid_t type, const void *value)
{
  Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  Handle attribute(H5Acreate2(place, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  return attribute >= 0 && H5Awrite(attribute, type, value) >= 0;
}

template <class T>
unsigned long crc_of(const std::vector<T> &values)
{
  return ::crc32_z(0, reinterpret_cast<const unsigned char *>(values.data()), values.size() * sizeof(T));
}

/// Of the slabs of all ranks one after the other; the same on every rank.
unsigned long common_crc(const std::vector<double> &slab, MPI_Comm communicator)
{
  int n_ranks = 1;
  MPI_Comm_size(communicator, &n_ranks);
  const std::array<std::uint64_t, 2>        mine{crc_of(slab), slab.size() * sizeof(double)};
  std::vector<std::array<std::uint64_t, 2>> all(n_ranks);
  MPI_Allgather(mine.data(), 2, MPI_UINT64_T, all.data(), 2, MPI_UINT64_T, communicator);
  unsigned long result = all[0][0];
  for (int r = 1; r < n_ranks; ++r)
    result = ::crc32_combine(result, all[r][0], static_cast<z_off_t>(all[r][1]));
  return result;
}

bool write_crc(hid_t set, std::uint64_t crc) { return write_attribute(set, "crc32", H5T_NATIVE_UINT64, &crc); }

bool write_field(hid_t file, const CheckpointField &field, MPI_Comm communicator)
{
  const SlabExchange exchange(*field.nodes, communicator);
  const auto         slab    = exchange.to_slab(field.values, field.n_components);
  const hsize_t      size[2] = {hsize_t(field.nodes->n_global), hsize_t(field.n_components)};
  const hsize_t      start[2] = {hsize_t(exchange.begin()), 0}, count[2] = {hsize_t(exchange.count()), size[1]};
  Handle             space(H5Screate_simple(2, size, nullptr), H5Sclose), memory(H5Screate_simple(2, count, nullptr), H5Sclose);
  Handle set(H5Dcreate2(file, ("/fields/" + field.name).c_str(), H5T_IEEE_F64LE, space, H5P_DEFAULT, Timeless(H5P_DATASET_CREATE), H5P_DEFAULT),
             H5Dclose);
  Handle transfer(H5Pcreate(H5P_DATASET_XFER), H5Pclose);
  H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE);
  if (exchange.count() > 0)
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, count, nullptr);
  else
    {
      H5Sselect_none(space);
      H5Sselect_none(memory);
    }
  const auto crc = common_crc(slab, communicator);
  return set >= 0 && H5Dwrite(set, H5T_NATIVE_DOUBLE, memory, space, transfer, slab.data()) >= 0 && write_crc(set, crc);
}

/// A list that is the same on all ranks; metadata calls are collective, the data come from rank 0.
template <class T>
bool write_list(hid_t file, const std::string &name, hid_t file_type, hid_t type, const std::vector<T> &values, int rank)
{
  const hsize_t size = values.size();
  Handle        space(H5Screate_simple(1, &size, nullptr), H5Sclose);
  Handle        set(H5Dcreate2(file, name.c_str(), file_type, space, H5P_DEFAULT, Timeless(H5P_DATASET_CREATE), H5P_DEFAULT), H5Dclose);
  return set >= 0 && (rank != 0 || H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0) && write_crc(set, crc_of(values));
}

bool write_content(hid_t file, MPI_Comm communicator, int rank, const std::vector<CheckpointField> &fields,
                   const CheckpointNumbers &numbers)
{
  bool good = true;
  for (const char *group : {"/fields", "/numbers", "/texts"})
    good = Handle(H5Gcreate2(file, group, H5P_DEFAULT, Timeless(H5P_GROUP_CREATE), H5P_DEFAULT), H5Gclose) >= 0 && good;
  for (const auto &field : fields)
    good = write_field(file, field, communicator) && good;
  for (const auto &[name, values] : numbers.numbers)
    good = write_list(file, "/numbers/" + name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, values, rank) && good;
  for (const auto &[name, text] : numbers.texts)
    good = write_list(file, "/texts/" + name, H5T_STD_U8LE, H5T_NATIVE_UCHAR, std::vector<unsigned char>(text.begin(), text.end()), rank) && good;
  return write_attribute(file, "format_version", H5T_NATIVE_INT, &format_version) && good;
}

// --- the seal ------------------------------------------------------------------------------------

/// The block before the HDF5 data: what the file is, and what its rest must be.
std::string seal_of(const std::string &path)
{
  auto seal = fmt::format("Vesalius checkpoint, format {}\nHDF5 from byte {}\nbytes {}\nsha256 of the HDF5 data {}\n", format_version, seal_size,
                          std::filesystem::file_size(path), sha256_file(path, seal_size));
  VESALIUS_ASSERT(seal.size() < seal_size, "the seal of a checkpoint outgrew its block");
  seal.resize(seal_size, '\n');
  return seal;
}

/// Seals a closed file and forces it to the disk; false (with errno) where the system refuses.
bool seal(const std::string &temporary)
{
  const auto seal       = seal_of(temporary);
  const int  descriptor = ::open(temporary.c_str(), O_WRONLY | O_CLOEXEC);
  bool       good       = descriptor >= 0 && ::pwrite(descriptor, seal.data(), seal.size(), 0) == ssize_t(seal.size()) && ::fsync(descriptor) == 0;
  const int  error      = errno;
  if (descriptor >= 0)
    good = ::close(descriptor) == 0 && good;
  if (!good)
    errno = error;
  return good;
}

InputError damaged(const std::string &path, const std::string &what)
{
  return InputError("the checkpoint cannot be used: " + what, "start the run anew, without --restart", {path, 0});
}

/// An integer attribute, -1 if there is none.
template <class T>
T read_attribute(hid_t place, const char *name, hid_t type)
{
  Handle attribute(H5Aopen(place, name, H5P_DEFAULT), H5Aclose);
  T      value = T(-1);
  if (attribute < 0 || H5Aread(attribute, type, &value) < 0)
    return T(-1);
  return value;
}

bool has_crc(hid_t set, std::uint64_t crc) { return read_attribute<std::uint64_t>(set, "crc32", H5T_NATIVE_UINT64) == crc; }

/// The datasets of a group, converted by `take(name, values)`; false when one cannot be read or is not as it was written.
template <class T>
bool read_lists(hid_t file, const char *group_name, hid_t type, const std::function<void(const std::string &, const std::vector<T> &)> &take)
{
  struct Visit
  {
    hid_t type;
    const std::function<void(const std::string &, const std::vector<T> &)> &take;
  } visit{type, take};
  const auto read = [](hid_t group, const char *name, const H5L_info_t *, void *data) -> herr_t {
    auto  &v = *static_cast<Visit *>(data);
    Handle set(H5Dopen2(group, name, H5P_DEFAULT), H5Dclose);
    if (set < 0)
      return -1;
    const Handle  space(H5Dget_space(set), H5Sclose);
    const auto    n = H5Sget_simple_extent_npoints(space);
    const hsize_t n_present = H5Dget_storage_size(set) / sizeof(T); // 0 for a list of any length that nobody has written
    if (n < 0 || hsize_t(n) != n_present)
      return -1;
    std::vector<T> values(n_present);
    if (H5Dread(set, v.type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0 || !has_crc(set, crc_of(values)))
      return -1;
    v.take(name, values);
    return 0;
  };
  Handle group(H5Gopen2(file, group_name, H5P_DEFAULT), H5Gclose);
  return group >= 0 && H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, read, &visit) >= 0;
}

void read_field(hid_t file, const std::string &path, const CheckpointField &field, MPI_Comm communicator)
{
  Handle set(H5Dopen2(file, ("/fields/" + field.name).c_str(), H5P_DEFAULT), H5Dclose);
  if (set < 0)
    throw damaged(path, "it has no field '" + field.name + "'");
  Handle  space(H5Dget_space(set), H5Sclose);
  hsize_t size[2] = {0, 0};
  if (H5Sget_simple_extent_ndims(space) != 2 || H5Sget_simple_extent_dims(space, size, nullptr) < 0 ||
      size[0] != hsize_t(field.nodes->n_global) || size[1] != hsize_t(field.n_components))
    throw damaged(path, "field '" + field.name + "' belongs to a mesh of another size");
  const SlabExchange  exchange(*field.nodes, communicator);
  std::vector<double> slab(exchange.count() * field.n_components);
  const hsize_t       start[2] = {hsize_t(exchange.begin()), 0}, count[2] = {hsize_t(exchange.count()), size[1]};
  Handle              memory(H5Screate_simple(2, count, nullptr), H5Sclose);
  bool                good = true;
  if (exchange.count() > 0)
    good = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, count, nullptr) >= 0 &&
           H5Dread(set, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, slab.data()) >= 0;
  if (!all_agree(good, communicator))
    throw damaged(path, "field '" + field.name + "' cannot be read");
  if (!all_agree(has_crc(set, common_crc(slab, communicator)), communicator))
    throw damaged(path, "field '" + field.name + "' is not as it was written");
  exchange.from_slab(slab, field.values, field.n_components);
}

/// What the file will take, somewhat too much.
double size_of(const std::vector<CheckpointField> &fields, const CheckpointNumbers &numbers)
{
  constexpr double a_dataset = 4096; // with its place in the group
  double           bytes     = 65536;
  for (const auto &field : fields)
    bytes += 8. * double(field.nodes->n_global) * field.n_components + a_dataset;
  for (const auto &[name, values] : numbers.numbers)
    bytes += 8. * double(values.size()) + a_dataset;
  for (const auto &[name, text] : numbers.texts)
    bytes += double(text.size()) + a_dataset;
  return bytes;
}

/// Asked before: MPI-IO tries for ever to write to a full disk.
bool has_space(const std::string &file, double bytes)
{
  std::error_code error;
  const auto      space = std::filesystem::space(std::filesystem::path(file).parent_path(), error);
  return error || double(space.available) > bytes;
}

/// A step that one rank does for all: false instead of a ResourceError, which the others would wait for.
template <class Work>
bool succeeds(Work &&work)
{
  try
    {
      work();
      return true;
    }
  catch (const ResourceError &)
    {
      return false;
    }
}

/// On this rank; false where HDF5 refuses.
bool write_hdf5(const std::string &path, MPI_Comm communicator, int rank, const std::vector<CheckpointField> &fields, const CheckpointNumbers &numbers)
{
  Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose), creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation, false);
  H5Pset_fapl_mpio(access, communicator, MPI_INFO_NULL);
  H5Pset_userblock(creation, seal_size);
  Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation, access), H5Fclose);
  if (!all_agree(file >= 0, communicator))
    return false;
  bool good = write_content(file, communicator, rank, fields, numbers);
  good      = H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0 && good;
  return file.close() && good;
}
} // namespace

void write_checkpoint(const std::string &path, MPI_Comm communicator, const std::vector<CheckpointField> &fields,
                      const CheckpointNumbers &numbers)
{
  int rank = 0;
  MPI_Comm_rank(communicator, &rank);
  const QuietErrors quiet;
  const std::string            temporary = path + ".writing";
  const double                 bytes     = size_of(fields, numbers);
  std::optional<TemporaryFile> file; // of rank 0
  if (rank == 0)
    {
      std::error_code ignored;
      std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
    }
  bool good = all_agree(rank != 0 || (has_space(temporary, bytes) && succeeds([&] { file.emplace(path, temporary); })), communicator);
  good      = all_agree(good && write_hdf5(temporary, communicator, rank, fields, numbers), communicator);
  if (good && rank == 0)
    good = seal(temporary) && succeeds([&] { file->keep(); });
  if (!all_agree(good, communicator))
    throw ResourceError("the checkpoint " + path + " could not be written",
                        fmt::format("is the disk full? It needs {:.2f} MB; the previous checkpoint is untouched", bytes / 1e6));
}

std::string damage_of_checkpoint(const std::string &path)
{
  std::ifstream stream(path, std::ios::binary);
  std::string   seal(seal_size, '\0');
  if (!stream)
    return "it cannot be opened";
  if (!stream.read(seal.data(), seal_size) || !seal.starts_with("Vesalius checkpoint"))
    return "it is not a checkpoint of this program, or truncated";
  if (!seal.starts_with(fmt::format("Vesalius checkpoint, format {}\n", format_version)))
    return "it is damaged, or its format is not version " + std::to_string(format_version);
  return seal == seal_of(path) ? "" : "its bytes are not those that were written";
}

namespace
{
bool read_numbers(hid_t file, CheckpointNumbers &result)
{
  const bool numbers =
    read_lists<double>(file, "/numbers", H5T_NATIVE_DOUBLE, [&](const std::string &name, const std::vector<double> &v) { result.numbers[name] = v; });
  return read_lists<unsigned char>(file, "/texts", H5T_NATIVE_UCHAR,
                                   [&](const std::string &name, const std::vector<unsigned char> &v) { result.texts[name].assign(v.begin(), v.end()); }) &&
         numbers;
}
} // namespace

CheckpointNumbers checkpoint_numbers(const std::string &path)
{
  const QuietErrors quiet;
  CheckpointNumbers result;
  const Handle      file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (file < 0 || !read_numbers(file, result))
    throw damaged(path, "its numbers cannot be read, or are not as they were written");
  return result;
}

std::map<std::string, std::vector<double>> checkpoint_fields(const std::string &path)
{
  const QuietErrors                          quiet;
  std::map<std::string, std::vector<double>> result;
  const Handle                               file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (file < 0 || !read_lists<double>(file, "/fields", H5T_NATIVE_DOUBLE, [&](const std::string &name, const std::vector<double> &v) { result[name] = v; }))
    throw damaged(path, "its fields cannot be read, or are not as they were written");
  return result;
}

CheckpointNumbers read_checkpoint(const std::string &path, MPI_Comm communicator, const std::vector<CheckpointField> &fields)
{
  const QuietErrors quiet;
  if (!std::filesystem::exists(path))
    throw InputError("there is no checkpoint to restart from", "run the case without --restart first", {path, 0});
  // Reading needs no MPI-IO: every rank opens the file and takes its slab.
  Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (!all_agree(file >= 0, communicator))
    throw damaged(path, "it is not an HDF5 file, or truncated");
  if (!all_agree(read_attribute<int>(file, "format_version", H5T_NATIVE_INT) == format_version, communicator))
    throw damaged(path, "its format is not version " + std::to_string(format_version));
  for (const auto &field : fields)
    read_field(file, path, field, communicator);
  CheckpointNumbers result;
  const bool        good = read_numbers(file, result);
  if (!all_agree(good, communicator))
    throw damaged(path, "its numbers cannot be read, or are not as they were written");
  return result;
}

} // namespace vesalius
