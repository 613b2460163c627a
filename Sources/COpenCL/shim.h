// OpenCL 1.2 and nothing newer: what every driver in use has, pocl, Intel, AMD and NVIDIA alike.
#ifndef COPENCL_SHIM_H
#define COPENCL_SHIM_H

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <CL/cl_ext.h>

#endif
