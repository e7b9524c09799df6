# SPDX-License-Identifier: MIT
# Configures the project in `source` afresh in `build` with `options`, builds it, and runs the program `run` if one is named.
#   cmake -D source=... -D build=... "-D options=-D...;-D..." [-D run=name] -P run.cmake

file(REMOVE_RECURSE ${build})
execute_process(COMMAND ${CMAKE_COMMAND} -S ${source} -B ${build} ${options} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${build} COMMAND_ERROR_IS_FATAL ANY)
if(run)
  execute_process(COMMAND ${build}/${run} COMMAND_ERROR_IS_FATAL ANY)
endif()
