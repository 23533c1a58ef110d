// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdlib>
#include <string>

namespace vesalius::verification
{

/// Where `./vesalius liver` puts the label image of a liver; VESALIUS_LIVER names another place.
inline std::string liver_label_image()
{
  const char *set = std::getenv("VESALIUS_LIVER"), *cache = std::getenv("XDG_CACHE_HOME"), *home = std::getenv("HOME");
  return set ? set : (cache ? std::string(cache) : std::string(home ? home : "") + "/.cache") + "/vesalius/liver.inr.gz";
}

} // namespace vesalius::verification
