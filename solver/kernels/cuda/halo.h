// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/kernels/cuda/backend.h"
#include "solver/kernels/cuda/bundle_file.h"

namespace vesalius::device
{

namespace halo
{
/// What neighbours ask for, side by side.
template <class T>
struct Pack
{
  static constexpr const char *name = "halo";
  int                 n_components;
  const std::int32_t *items;
  const T            *x;
  T                  *buffer;
  double              bytes(Index n) const { return double(n) * (4 + 2. * sizeof(T) * n_components); }
  VESALIUS_HOST_DEVICE void operator()(Index k) const
  {
    for (int c = 0; c < n_components; ++c)
      buffer[k * n_components + c] = x[Index(items[k]) * n_components + c];
  }
};
} // namespace halo

/// The items (nodes, rows) that a process owns, 0 to n_owned() - 1, and behind them its copies of others' items that its own cells and rows need.
template <class Backend>
class Halo
{
public:
  Halo() = default;
  /// All items are owned.
  explicit Halo(Index n) : n_owned_(n), n_local_(n) {}
  /// From the sections `halo_NAME.*` of a part (bundle_part.h); without them, all items are owned. Throws InvalidBundle.
  Halo(const BundleFile &bundle, const std::string &name, Index n_local) : Halo(n_local)
  {
    const std::string prefix = "halo_" + name + ".";
    if (!bundle.has(prefix + "owned"))
      return;
    n_owned_                   = Index(bundle.number(prefix + "owned"));
    neighbours_.ranks          = bundle.get<std::int32_t>(prefix + "neighbours");
    neighbours_.send_starts    = bundle.get<std::int64_t>(prefix + "send_starts", neighbours_.ranks.size() + 1);
    neighbours_.receive_starts = bundle.get<std::int64_t>(prefix + "receive_starts", neighbours_.ranks.size() + 1);
    const auto items           = bundle.get<std::int32_t>(prefix + "send", std::size_t(neighbours_.send_starts.back()));
    bool       is_sound        = n_owned_ >= 0 && neighbours_.receive_starts.back() == n_local - n_owned_;
    for (const auto item : items)
      is_sound = is_sound && item >= 0 && item < n_owned_;
    if (!is_sound)
      throw InvalidBundle("the bundle's halo '" + name + "' does not fit its mesh");
    send_ = Array<Backend, std::int32_t>(items);
    buffer_ = Array<Backend, char>(items.size() * most_bytes);
    sent_.resize(items.size() * most_bytes);
    received_.resize(std::size_t(n_local_ - n_owned_) * most_bytes);
  }

  Index n_owned() const { return n_owned_; }
  Index n_local() const { return n_local_; }

  /// Copies get their owners' values; at most three components of 8 bytes. Collective.
  template <class T>
  void update(const Queue<Backend> &queue, Array<Backend, T> &x, int n_components = 1) const
  {
    if (!queue.group || queue.group->size() == 1)
      return;
    const std::size_t item_bytes = sizeof(T) * std::size_t(n_components);
    T                *buffer     = reinterpret_cast<T *>(buffer_.data());
    queue.run(Index(send_.size()), halo::Pack<T>{n_components, send_.data(), x.data(), buffer});
    if (send_.size() > 0)
      Backend::copy_out(sent_.data(), buffer, send_.size() * item_bytes);
    queue.group->exchange(neighbours_, item_bytes, sent_.data(), received_.data());
    if (n_local_ > n_owned_)
      Backend::copy_in(x.data() + n_owned_ * n_components, received_.data(), std::size_t(n_local_ - n_owned_) * item_bytes);
  }

private:
  static constexpr std::size_t most_bytes = 24;
  Index                        n_owned_ = 0, n_local_ = 0;
  Neighbours                   neighbours_;
  Array<Backend, std::int32_t> send_;
  mutable Array<Backend, char> buffer_;
  mutable std::vector<char>    sent_, received_;
};

} // namespace vesalius::device
