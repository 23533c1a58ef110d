// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/surrogate_reader.h"

#include "ai_surrogates/surrogate_file.h"
#include "ai_surrogates/surrogate_writer.h"
#include "solver/core/errors.h"

#include <fmt/format.h>

#include <cstring>

namespace vesalius
{

namespace
{
/// The sections of a file that the runtime has found to be whole, one after the other.
class SectionReader
{
public:
  explicit SectionReader(const vesalius_surrogate *model)
    : file_(reinterpret_cast<const char *>(model))
    , entry_(at<std::uint64_t>(24))
  {}
  std::uint32_t minor_version() const { return at<std::uint32_t>(12); }
  std::uint32_t n_groups() const { return at<std::uint32_t>(40); }

  void skip() { entry_ += 80; }
  template <class T>
  std::vector<T> next()
  {
    std::size_t n = 1;
    for (std::size_t d = 0; d < 4; ++d)
      n *= at<std::uint64_t>(entry_ + 40 + 8 * d);
    std::vector<T> values(n);
    if (n > 0)
      std::memcpy(values.data(), file_ + at<std::uint64_t>(entry_ + 72), n * sizeof(T));
    skip();
    return values;
  }

private:
  template <class T>
  T at(std::size_t place) const
  {
    T value;
    std::memcpy(&value, file_ + place, sizeof value);
    return value;
  }
  const char *file_;
  std::size_t entry_; ///< of the next section in the table
};

template <class T>
std::vector<std::array<T, 3>> triples(const std::vector<T> &values)
{
  std::vector<std::array<T, 3>> result;
  for (std::size_t i = 0; i + 2 < values.size(); i += 3)
    result.push_back({values[i], values[i + 1], values[i + 2]});
  return result;
}

SurrogateInterval interval_at(const std::vector<double> &values, std::size_t i)
{
  return {values[4 * i], values[4 * i + 1], values[4 * i + 2], values[4 * i + 3]};
}

/// Inputs, scalars and fields but for their arrays, domain and picture.
void take_common(SectionReader &sections, const SurrogateFile &file, SurrogateModel &model)
{
  for (int passed = 0; passed < 3; ++passed) // inputs, text and card, which the runtime gives
    sections.skip();
  for (const auto &input : file.inputs())
    model.inputs.push_back({input.name, input.unit, input.lower, input.upper});
  const auto settings           = sections.next<double>();
  model.domain.alpha            = settings[0];
  model.domain.n_neighbours     = static_cast<std::uint32_t>(settings[1]);
  model.domain.reference_scores = sections.next<double>();
  model.mesh_points             = triples(sections.next<float>());
  model.mesh_triangles          = triples(sections.next<std::int32_t>());
  const auto places             = sections.next<std::int32_t>();
  const auto of_scalars         = sections.next<double>();
  for (std::size_t i = 0; i < file.scalars().size(); ++i)
    model.scalars.push_back({file.scalars()[i].name, file.scalars()[i].unit, std::size_t(places[2 * i]), std::size_t(places[2 * i + 1]), interval_at(of_scalars, i)});
  const auto groups    = sections.next<std::int32_t>();
  const auto of_fields = sections.next<double>();
  for (std::size_t i = 0; i < file.fields().size(); ++i)
    {
      const auto &field = file.fields()[i];
      const auto  group = std::size_t(groups[2 * i]), scale = std::size_t(groups[2 * i + 1]);
      model.fields.push_back({field.name, field.unit, field.location, field.n_components, group, {}, {}, {}, {}, interval_at(of_fields, i),
                              scale == group ? std::nullopt : std::optional(scale)});
    }
}

GaussianProcessGroup next_group(SectionReader &sections, std::size_t d)
{
  GaussianProcessGroup group;
  const auto           kernel = sections.next<double>();
  group.is_network            = kernel[0] == 0;
  group.nugget                = kernel[1];
  group.prior_variance        = kernel[2];
  group.points                = transposed(sections.next<double>(), d);
  group.length_scales         = sections.next<double>();
  group.inverse_factor        = sections.next<double>();
  group.weights               = sections.next<double>();
  group.process_variance      = sections.next<double>();
  group.trend_exponents       = sections.next<std::int32_t>();
  group.trend_scales          = sections.next<double>();
  group.trend_coefficients    = sections.next<double>();
  const auto whitened         = sections.next<double>();
  group.whitened_trend        = transposed(whitened, whitened.empty() ? 0 : whitened.size() / group.n_points());
  group.trend_inverse_factor  = sections.next<double>();
  return group;
}

void take_arrays(SectionReader &sections, SurrogateField &field)
{
  const auto outputs = sections.next<std::int32_t>();
  field.outputs.assign(outputs.begin(), outputs.end());
  field.mean  = sections.next<float>();
  field.modes = sections.next<float>();
  sections.skip(); // the gain, which the writer computes
  field.remainder_variance = sections.next<float>();
}
} // namespace

SurrogateModel read_surrogate(const std::string &path)
{
  const SurrogateFile file(path);
  SectionReader       sections(file.model());
  if (sections.minor_version() > VESALIUS_SURROGATE_MINOR)
    throw InputError(fmt::format("it is of version {}.{} of the format, and what is new in it would be lost", VESALIUS_SURROGATE_MAJOR, sections.minor_version()),
                     "use a Vesalius as new as the one that wrote it", {path, 0});
  SurrogateModel model;
  model.name = file.name();
  model.card = file.card();
  take_common(sections, file, model);
  for (std::uint32_t group = 0; group < sections.n_groups(); ++group)
    model.groups.push_back(next_group(sections, model.inputs.size()));
  for (auto &field : model.fields)
    take_arrays(sections, field);
  return model;
}

} // namespace vesalius
