# SPDX-License-Identifier: MIT
# The target `headers` compiles each header alone, for none may lean on what another file included before it. A header that
# another one begins with is read there with nothing before it, and needs no file of its own.

set(begun "")
foreach(header IN LISTS headers)
  file(STRINGS ${header} lines REGEX "^#" LIMIT_COUNT 2)
  if("${lines}" MATCHES "^#pragma once;#include <(kindred/[^>]+)>$")
    list(APPEND begun ${PROJECT_SOURCE_DIR}/include/${CMAKE_MATCH_1})
  endif()
endforeach()
list(REMOVE_ITEM headers ${begun})

set(alone "")
foreach(header IN LISTS headers)
  file(RELATIVE_PATH header ${PROJECT_SOURCE_DIR}/include ${header})
  file(CONFIGURE OUTPUT headers/${header}.cpp CONTENT "#include <${header}>\n")
  list(APPEND alone ${CMAKE_CURRENT_BINARY_DIR}/headers/${header}.cpp)
endforeach()
add_library(headers OBJECT EXCLUDE_FROM_ALL ${alone})
target_link_libraries(headers PRIVATE kindred::kindred)
