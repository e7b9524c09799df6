# SPDX-License-Identifier: MIT
# The umbrella header includes every public header once, folder by folder in the order in which they build on each other, and
# nothing else. This script fails if it does not; `cmake -D WRITE=ON -P tests/umbrella.cmake` writes it.
# Left out: detail/ (not public), testing/ (for users' tests, included where needed) and adapter/ (needs other libraries).

get_filename_component(include ${CMAKE_CURRENT_LIST_DIR}/../include ABSOLUTE)
set(umbrella ${include}/kindred/kindred.hpp)

file(GLOB_RECURSE headers RELATIVE ${include} ${include}/kindred/*.hpp)
list(FILTER headers EXCLUDE REGEX "^kindred/(adapter/|detail/|testing/|kindred\\.hpp$)")
list(SORT headers)

set(lines "")
foreach(folder version core data parameter optimizer kernel encoder scorer loss model train metric serve serialize)
  set(group ${headers})
  list(FILTER group INCLUDE REGEX "^kindred/${folder}[./]")
  list(REMOVE_ITEM headers ${group})
  foreach(header IN LISTS group)
    string(APPEND lines "#include <${header}>\n")
  endforeach()
  if(group)
    string(APPEND lines "\n")
  endif()
endforeach()
if(headers)
  message(FATAL_ERROR "umbrella.cmake does not know where these folders stand: ${headers}")
endif()
string(STRIP "${lines}" lines)
set(expected "// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// All of kindred. Where compile time matters, include the headers you use instead: each stands alone.

${lines}
")

if(WRITE)
  file(WRITE ${umbrella} "${expected}")
  return()
endif()
file(READ ${umbrella} actual)
if(NOT actual STREQUAL expected)
  message(FATAL_ERROR "kindred.hpp must list all headers; run: cmake -D WRITE=ON -P tests/umbrella.cmake, then see git diff")
endif()
