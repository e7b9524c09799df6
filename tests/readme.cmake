# SPDX-License-Identifier: MIT
# Every snippet of code in README.md is built.
#
# - A ```cpp snippet with a main function is a program and is compiled as it is. The first one must be examples/quickstart.cpp,
#   word for word below that file's opening comments.
# - Any other ```cpp snippet is compiled with the umbrella header in front of it, in a file that all of them share, in order: a
#   later one may use what an earlier one declares.
# - If it is statements, an HTML comment on the line before it says so, with what they are given:
#     <!-- body: const kindred::Interactions& train, kindred::UserId user -->
# - A ```cmake snippet is the whole listing but for the project() line; it is configured and built in front of a main.cpp, with
#   the installed kindred for find_package and this source tree for FetchContent.
# Compiler messages point to README.md and its lines.

set(readme ${PROJECT_SOURCE_DIR}/README.md)
if(NOT EXISTS ${readme})
  return()
endif()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${readme} ${PROJECT_SOURCE_DIR}/examples/quickstart.cpp)
set(folder ${CMAKE_CURRENT_BINARY_DIR}/readme)

function(kindred_write file text)  # keeps the time of a file that stays as it is
  if(EXISTS ${file})
    file(READ ${file} old)
  endif()
  if(NOT old STREQUAL text)
    file(WRITE ${file} "${text}")
  endif()
endfunction()

file(READ ${readme} rest)
set(line 1)  # where `rest` starts
set(programs 0)
set(listings 0)
set(shared "#include <kindred/kindred.hpp>\n#include <algorithm>\n#include <iostream>\n#include <string>\n#include <vector>\n")
while(TRUE)
  # Up to the next fence, then its language, then the text up to the closing fence.
  string(FIND "${rest}" "\n```" fence)
  if(fence EQUAL -1)
    break()
  endif()
  string(SUBSTRING "${rest}" 0 ${fence} before)
  math(EXPR fence "${fence} + 4")
  string(SUBSTRING "${rest}" ${fence} -1 rest)
  string(FIND "${rest}" "\n" end)
  string(SUBSTRING "${rest}" 0 ${end} language)
  string(SUBSTRING "${rest}" ${end} -1 rest)
  string(FIND "${rest}" "\n```" end)
  if(end EQUAL -1)
    message(FATAL_ERROR "README.md: a snippet is not closed")
  endif()
  string(SUBSTRING "${rest}" 1 ${end} text)  # without the newline in front, with the one at the end
  math(EXPR end "${end} + 4")
  string(SUBSTRING "${rest}" ${end} -1 rest)

  string(REGEX REPLACE "[^\n]" "" newlines "${before}")
  string(LENGTH "${newlines}" newlines)
  math(EXPR line "${line} + ${newlines} + 2")  # the first line of the snippet
  set(mark "#line ${line} \"README.md\"\n")
  string(REGEX REPLACE "[^\n]" "" newlines "${text}")
  string(LENGTH "${newlines}" newlines)
  set(first_line ${line})
  math(EXPR line "${line} + ${newlines}")

  if(language STREQUAL "cpp" AND text MATCHES "int main\\(")
    if(programs EQUAL 0)
      file(READ ${PROJECT_SOURCE_DIR}/examples/quickstart.cpp quickstart)
      string(REGEX REPLACE "^(//[^\n]*\n|\n)+" "" quickstart "${quickstart}")
      if(NOT quickstart STREQUAL text)
        message(SEND_ERROR "README.md:${first_line}: the first program must be that of examples/quickstart.cpp")
      endif()
    endif()
    math(EXPR programs "${programs} + 1")
    kindred_write(${folder}/program_${programs}.cpp "${mark}${text}")
    kindred_add_program(readme-program-${programs} ${folder}/program_${programs}.cpp)
  elseif(language STREQUAL "cpp" AND before MATCHES "<!-- body: ([^\n]*) -->$")
    string(APPEND shared "[[maybe_unused]] static auto snippet_${first_line}(${CMAKE_MATCH_1}) {\n${mark}${text}}\n")
  elseif(language STREQUAL "cpp")
    string(APPEND shared "${mark}${text}")
  elseif(language STREQUAL "cmake")
    math(EXPR listings "${listings} + 1")
    if(NOT text MATCHES "target_link_libraries\\(([^ ]+)")
      message(FATAL_ERROR "README.md:${first_line}: the listing must have a call target_link_libraries(name ...)")
    endif()
    kindred_write(${folder}/cmake_${listings}/CMakeLists.txt
      "cmake_minimum_required(VERSION 3.24)\nproject(readme LANGUAGES CXX)\n${text}")
    file(COPY ${PROJECT_SOURCE_DIR}/tests/consumer/main.cpp DESTINATION ${folder}/cmake_${listings})
    kindred_add_consumer(readme-${listings} ${folder}/cmake_${listings} ${CMAKE_MATCH_1}
      -DFETCHCONTENT_SOURCE_DIR_KINDRED=${PROJECT_SOURCE_DIR})
  endif()
endwhile()

if(programs EQUAL 0)
  message(SEND_ERROR "README.md: no program found")
endif()
kindred_write(${folder}/snippets.cpp "${shared}")
add_library(readme-snippets OBJECT ${folder}/snippets.cpp)
target_link_libraries(readme-snippets PRIVATE kindred::kindred)
