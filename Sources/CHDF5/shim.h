#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

// Identifiers such as H5T_NATIVE_FLOAT are macros that Swift does not import.

/// Errors come as return values; the library need not print them.
static inline void sigstreamd_hdf5_silence(void) { H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }

static inline hid_t sigstreamd_hdf5_open(const char *path) { return H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT); }

/// The rank of a dataset of 1 or 2 dimensions of numbers, and its dimensions; -1 for any other.
static inline int sigstreamd_hdf5_shape(hid_t dataset, hsize_t *dimensions) {
  hid_t space = H5Dget_space(dataset), type = H5Dget_type(dataset);
  H5T_class_t kind = H5Tget_class(type);
  int rank = H5Sget_simple_extent_ndims(space);
  if ((kind != H5T_INTEGER && kind != H5T_FLOAT) || rank < 1 || rank > 2 ||
      H5Sget_simple_extent_dims(space, dimensions, NULL) < 0)
    rank = -1;
  H5Tclose(type);
  H5Sclose(space);
  return rank;
}

static inline herr_t sigstreamd_hdf5_read(
    hid_t dataset, int rank, const hsize_t *start, const hsize_t *count, float *values) {
  hid_t stored = H5Dget_space(dataset), memory = H5Screate_simple(rank, count, NULL);
  herr_t status = H5Sselect_hyperslab(stored, H5S_SELECT_SET, start, NULL, count, NULL);
  if (status >= 0) status = H5Dread(dataset, H5T_NATIVE_FLOAT, memory, stored, H5P_DEFAULT, values);
  H5Sclose(memory);
  H5Sclose(stored);
  return status;
}

/// An attribute that is one number; -1 where there is none.
static inline double sigstreamd_hdf5_number(hid_t object, const char *name) {
  double value = -1;
  if (H5Aexists(object, name) <= 0) return value;
  hid_t attribute = H5Aopen(object, name, H5P_DEFAULT), space = H5Aget_space(attribute);
  if (H5Sget_simple_extent_npoints(space) != 1 || H5Aread(attribute, H5T_NATIVE_DOUBLE, &value) < 0) value = -1;
  H5Sclose(space);
  H5Aclose(attribute);
  return value;
}

static inline herr_t sigstreamd_hdf5_visit(hid_t file, const char *name, const H5O_info_t *info, void *list) {
  hsize_t dimensions[2] = {0, 1};
  if (info->type != H5O_TYPE_DATASET) return 0;
  hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
  if (dataset < 0) return 0;
  int rank = sigstreamd_hdf5_shape(dataset, dimensions);
  H5Dclose(dataset);
  if (rank < 1 || dimensions[0] * dimensions[1] < 2) return 0;
  char **names = list;
  size_t length = *names ? strlen(*names) : 0;
  char *longer = realloc(*names, length + strlen(name) + 2);
  if (!longer) return -1;
  memcpy(longer + length, name, strlen(name));
  strcpy(longer + length + strlen(name), "\n");
  *names = longer;
  return 0;
}

/// The names of the datasets that are signals, a line each, to be freed with `sigstreamd_hdf5_free`; NULL: none.
static inline char *sigstreamd_hdf5_signals(hid_t file) {
  char *names = NULL;
  H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_NATIVE, sigstreamd_hdf5_visit, &names, H5O_INFO_BASIC);
  return names;
}

static inline void sigstreamd_hdf5_free(char *names) { free(names); }
