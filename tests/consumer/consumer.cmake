# SPDX-License-Identifier: MIT
# Tests that another project can use kindred: installed, as a subdirectory, and fetched; and that a wrong version is refused.

set(prefix ${CMAKE_CURRENT_BINARY_DIR}/consumer/prefix)
add_test(NAME consumer.install COMMAND ${CMAKE_COMMAND} --install ${PROJECT_BINARY_DIR} --prefix ${prefix})
set_tests_properties(consumer.install PROPERTIES LABELS consumer FIXTURES_SETUP installed)

# The consumer gets the compiler, and the place of Eigen if the user gave one.
set(consumer_options -G ${CMAKE_GENERATOR} -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER} -DEigen3_DIR=${Eigen3_DIR}
  -DCMAKE_PREFIX_PATH=${prefix} -Dkindred_source=${PROJECT_SOURCE_DIR})

# kindred_add_consumer(NAME SOURCE PROGRAM [OPTIONS...])
function(kindred_add_consumer name source program)
  add_test(NAME consumer.${name} COMMAND ${CMAKE_COMMAND} -Dsource=${source} -Dbuild=${CMAKE_CURRENT_BINARY_DIR}/consumer/${name}
    "-Doptions=${consumer_options};${ARGN}" -Drun=${program} -P ${PROJECT_SOURCE_DIR}/tests/consumer/run.cmake)
  set_tests_properties(consumer.${name} PROPERTIES LABELS consumer FIXTURES_REQUIRED installed)
endfunction()

set(consumer ${CMAKE_CURRENT_SOURCE_DIR}/consumer)
kindred_add_consumer(find_package ${consumer} consumer -Dhow=find_package -Dversion=${PROJECT_VERSION})
kindred_add_consumer(add_subdirectory ${consumer} consumer -Dhow=add_subdirectory)
kindred_add_consumer(fetch_content ${consumer} consumer -Dhow=FetchContent)
foreach(version 0.0.1 99.0)
  kindred_add_consumer(refused-${version} ${consumer} consumer -Dhow=find_package -Dversion=${version})
  set_tests_properties(consumer.refused-${version} PROPERTIES PASS_REGULAR_EXPRESSION
    "compatible with requested[ \n]+version \"${version}\"")
endforeach()
