// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/surrogate_writer.h"

#include "ai_surrogates/runtime/vesalius_surrogate.h"
#include "solver/core/errors.h"
#include "solver/core/provenance.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace vesalius
{

namespace
{
constexpr std::size_t header_size = 128, digest_place = 96, entry_size = 80, alignment = 64;

template <class T>
constexpr std::uint32_t type_of()
{
  if constexpr (std::is_same_v<T, double>)
    return 1;
  else if constexpr (std::is_same_v<T, float>)
    return 2;
  else if constexpr (std::is_same_v<T, std::int32_t>)
    return 3;
  else
    return 4;
}

std::size_t aligned(std::size_t size)
{
  return (size + alignment - 1) / alignment * alignment;
}

/// Collects sections, then lays header, table and arrays out in this order.
class SectionList
{
public:
  template <class T>
  void add(const std::string &name, const std::vector<T> &values, const std::vector<std::size_t> &dimensions)
  {
    std::size_t n = 1;
    for (const std::size_t d : dimensions)
      n *= d;
    VESALIUS_ASSERT(n == values.size(), "surrogate section " + name + " has " + std::to_string(values.size()) + " values, not " + std::to_string(n));
    std::string bytes(n * sizeof(T), '\0');
    if (n > 0)
      std::memcpy(bytes.data(), values.data(), bytes.size());
    sections_.push_back({name, type_of<T>(), dimensions, std::move(bytes)});
  }
  void add(const std::string &name, const std::string &text) { add(name, std::vector<unsigned char>(text.begin(), text.end()), {text.size()}); }

  std::string file(std::uint32_t minor_version, const std::array<std::uint32_t, 4> &counts) const;

private:
  struct Section
  {
    std::string              name;
    std::uint32_t            type;
    std::vector<std::size_t> dimensions;
    std::string              bytes;
  };
  std::vector<Section> sections_;
};

template <class T>
void put(std::string &file, std::size_t place, T value)
{
  std::memcpy(file.data() + place, &value, sizeof value);
}

std::string SectionList::file(std::uint32_t minor_version, const std::array<std::uint32_t, 4> &counts) const
{
  std::string file(header_size, '\0');
  std::memcpy(file.data(), "\x89VSURR\r\n", 8);
  put<std::uint32_t>(file, 8, VESALIUS_SURROGATE_MAJOR);
  put<std::uint32_t>(file, 12, minor_version);
  put<std::uint64_t>(file, 24, header_size);
  put<std::uint32_t>(file, 32, static_cast<std::uint32_t>(sections_.size()));
  for (std::size_t i = 0; i < counts.size(); ++i)
    put<std::uint32_t>(file, 36 + 4 * i, counts[i]);
  std::size_t entry = header_size, place = aligned(header_size + entry_size * sections_.size());
  file.resize(place);
  for (const auto &section : sections_)
    {
      std::memcpy(file.data() + entry, section.name.data(), section.name.size());
      put<std::uint32_t>(file, entry + 32, section.type);
      put<std::uint32_t>(file, entry + 36, static_cast<std::uint32_t>(section.dimensions.size()));
      for (std::size_t d = 0; d < 4; ++d)
        put<std::uint64_t>(file, entry + 40 + 8 * d, d < section.dimensions.size() ? section.dimensions[d] : 1);
      put<std::uint64_t>(file, entry + 72, place);
      file += section.bytes;
      file.resize(place = aligned(file.size()));
      entry += entry_size;
    }
  put<std::uint64_t>(file, 16, file.size());
  vesalius_surrogate_digest(file.data(), file.size(), reinterpret_cast<std::uint8_t *>(file.data() + digest_place));
  return file;
}

/// As single precision; variances that underflow there would make sigma jump. Where the floor of sigma is above all such, as that of a flow is at its walls,
/// they are nought.
std::vector<float> as_variances(const std::vector<double> &values, const SurrogateField &field)
{
  constexpr double   smallest = std::numeric_limits<float>::min();
  const bool         has_floor = field.interval.sigma_floor * field.interval.sigma_floor > 1e6 * smallest;
  std::vector<float> result;
  for (const double v : values)
    {
      if (!(v >= 0 && v <= std::numeric_limits<float>::max()) || (v > 0 && v < smallest && !has_floor))
        throw InputError(fmt::format("the variance of field '{}' is {:.3g} {}^2, beyond single precision", field.name, v, field.unit), "Give the field another unit.");
      result.push_back(v < smallest ? 0.f : float(v));
    }
  return result;
}

std::string all_text(const SurrogateModel &model)
{
  std::string text = model.name + '\0';
  for (const auto &input : model.inputs)
    text += input.name + '\0' + input.unit + '\0';
  for (const auto &scalar : model.scalars)
    text += scalar.name + '\0' + scalar.unit + '\0';
  for (const auto &field : model.fields)
    text += field.name + '\0' + field.unit + '\0' + field.location + '\0';
  return text;
}

template <class Items>
std::vector<double> intervals_of(const Items &items)
{
  std::vector<double> values;
  for (const auto &item : items)
    for (const double v : {item.interval.factor, item.interval.level, item.interval.discretisation, item.interval.sigma_floor})
      values.push_back(v);
  return values;
}

void add_common(SectionList &list, const SurrogateModel &model)
{
  std::vector<double>       bounds;
  std::vector<std::int32_t> places, groups, triangles;
  std::vector<float>        points;
  for (const auto &input : model.inputs)
    bounds.insert(bounds.end(), {input.lower, input.upper});
  for (const auto &scalar : model.scalars)
    places.insert(places.end(), {static_cast<std::int32_t>(scalar.group), static_cast<std::int32_t>(scalar.output)});
  for (const auto &field : model.fields)
    {
      VESALIUS_ASSERT(field.scale_group != field.group, "a field is scaled by its own coefficients");
      groups.insert(groups.end(), {static_cast<std::int32_t>(field.group), static_cast<std::int32_t>(field.scale_group.value_or(field.group))});
    }
  for (const auto &x : model.mesh_points)
    points.insert(points.end(), x.begin(), x.end());
  for (const auto &t : model.mesh_triangles)
    triangles.insert(triangles.end(), t.begin(), t.end());
  list.add("inputs", bounds, {model.inputs.size(), 2});
  list.add("text", all_text(model));
  list.add("card", model.card);
  list.add("domain_settings", std::vector<double>{model.domain.alpha, static_cast<double>(model.domain.n_neighbours)}, {2});
  list.add("domain_scores", model.domain.reference_scores, {model.domain.reference_scores.size()});
  list.add("mesh_points", points, {model.mesh_points.size(), 3});
  list.add("mesh_triangles", triangles, {model.mesh_triangles.size(), 3});
  list.add("scalar_places", places, {model.scalars.size(), 2});
  list.add("scalar_intervals", intervals_of(model.scalars), {model.scalars.size(), 4});
  list.add("field_groups", groups, {model.fields.size(), 2});
  list.add("field_intervals", intervals_of(model.fields), {model.fields.size(), 4});
}

void add_group(SectionList &list, const GaussianProcessGroup &group, std::size_t d)
{
  const std::size_t n = group.n_points(), p = group.n_outputs(), m = group.n_trends(), w = group.trend_inverse_factor.empty() ? 0 : m;
  const double      smoothness = group.is_network ? 0 : 2.5;
  list.add("kernel", std::vector<double>{smoothness, group.nugget, group.prior_variance}, {3});
  list.add("points", transposed(group.points, n), {d, n});
  list.add("length_scales", group.length_scales, {d});
  list.add("inverse_factor", group.inverse_factor, {n * (n + 1) / 2});
  list.add("weights", group.weights, {p, n});
  list.add("process_variance", group.process_variance, {p});
  list.add("trend_exponents", group.trend_exponents, {m, d});
  list.add("trend_scales", group.trend_scales.empty() ? std::vector<double>(d, 1.) : group.trend_scales, {d});
  list.add("trend_coefficients", group.trend_coefficients, {p, m});
  list.add("whitened_trend", transposed(group.whitened_trend, n), {w, n});
  list.add("trend_inverse_factor", group.trend_inverse_factor, {w * (w + 1) / 2});
}

void add_field(SectionList &list, const SurrogateField &field, const GaussianProcessGroup &group)
{
  const std::size_t nodes = field.n_nodes(), c = field.n_components, r = field.outputs.size();
  VESALIUS_ASSERT(c == 1 || c == 3, "a surrogate's field has one component or three");
  list.add("outputs", std::vector<std::int32_t>(field.outputs.begin(), field.outputs.end()), {r});
  list.add("mean", field.mean, {nodes, c});
  list.add("modes", field.modes, {r, nodes, c});
  list.add("gain", gain_in_file(field, group), {nodes});
  list.add("remainder_variance", as_variances({field.remainder_variance.begin(), field.remainder_variance.end()}, field), {nodes});
}
} // namespace

std::vector<double> variance_gain(const SurrogateField &field, const GaussianProcessGroup &group)
{
  const std::size_t   n = field.mean.size();
  std::vector<double> gain(field.n_nodes());
  VESALIUS_ASSERT(field.modes.size() == n * field.outputs.size(), "modes of a surrogate's field and their outputs differ in number");
  for (std::size_t r = 0; r < field.outputs.size(); ++r)
    for (std::size_t i = 0; i < n; ++i)
      {
        const double mode = field.modes[r * n + i];
        gain[i / field.n_components] += mode * mode * group.process_variance.at(field.outputs[r]);
      }
  return gain;
}

std::vector<float> gain_in_file(const SurrogateField &field, const GaussianProcessGroup &group)
{
  return as_variances(variance_gain(field, group), field);
}

std::vector<double> transposed(const std::vector<double> &values, std::size_t n)
{
  const std::size_t   m = n == 0 ? 0 : values.size() / n;
  std::vector<double> result(values.size());
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < m; ++j)
      result[j * n + i] = values[i * m + j];
  return result;
}

std::string surrogate_bytes(const SurrogateModel &model)
{
  static_assert(std::endian::native == std::endian::little, "the file is little-endian");
  SectionList list;
  add_common(list, model);
  for (const auto &group : model.groups)
    add_group(list, group, model.inputs.size());
  for (const auto &field : model.fields)
    add_field(list, field, model.groups.at(field.group));
  VESALIUS_ASSERT(!model.groups.front().is_network, "the first group is the metric of the domain, and networks are none");
  // Older readers take what has no networks.
  const bool          has_networks  = std::any_of(model.groups.begin(), model.groups.end(), [](const auto &group) { return group.is_network; });
  const std::uint32_t minor_version = has_networks ? VESALIUS_SURROGATE_MINOR : 0;
  const auto  count = [](const auto &items) { return static_cast<std::uint32_t>(items.size()); };
  std::string bytes = list.file(minor_version, {count(model.inputs), count(model.groups), count(model.scalars), count(model.fields)});
  const vesalius_surrogate *opened = nullptr;
  const int                 error  = vesalius_surrogate_open(bytes.data(), bytes.size(), &opened);
  if (error == VESALIUS_SURROGATE_NUMBER)
    throw InputError("a number of the surrogate '" + model.name + "' is not finite or out of its range", "Look at the training data: an output may be constant or not finite.");
  VESALIUS_ASSERT(error == VESALIUS_SURROGATE_OK, std::string("the surrogate that was written is refused: ") + vesalius_surrogate_error_text(error));
  return bytes;
}

void write_surrogate(const SurrogateModel &model, const std::string &path)
{
  write_file_atomically(path, surrogate_bytes(model));
}

} // namespace vesalius
