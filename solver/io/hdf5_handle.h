// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <hdf5.h>

/// What the files in HDF5 share: handles that close themselves, no times of day, no error stack on the terminal.
namespace vesalius::hdf5
{

/// An HDF5 handle with the function that closes it.
class Handle
{
public:
  Handle(hid_t id, herr_t (*close)(hid_t))
    : id_(id), close_(close)
  {}
  ~Handle()
  {
    if (id_ >= 0)
      close_(id_);
  }
  Handle(const Handle &)            = delete;
  Handle &operator=(const Handle &) = delete;
  operator hid_t() const { return id_; }
  /// Closes now; false when the library could not flush.
  bool close()
  {
    const hid_t id = id_;
    id_            = -1;
    return id < 0 || close_(id) >= 0;
  }

private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

/// Properties with which a group or dataset is made. No times of day: equal states give equal files.
class Timeless
{
public:
  explicit Timeless(hid_t kind)
    : list_(H5Pcreate(kind), H5Pclose)
  {
    H5Pset_obj_track_times(list_, false);
  }
  operator hid_t() const { return list_; }

private:
  Handle list_;
};

/// Quiet HDF5: its error stack goes to the terminal otherwise.
struct QuietErrors
{
  H5E_auto2_t function = nullptr;
  void       *data     = nullptr;
  QuietErrors()
  {
    H5Eget_auto2(H5E_DEFAULT, &function, &data);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~QuietErrors() { H5Eset_auto2(H5E_DEFAULT, function, data); }
};

} // namespace vesalius::hdf5
