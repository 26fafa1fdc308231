/* SPDX-License-Identifier: MIT */
/* struct store_file_row to JSON; pure. */
#include "supervisor/file_json.h"
#include "common/json_util.h"

static json_object *file_json(const struct store_file_row *file)
{
    json_object *object = json_object_new_object();

    json_add_string(object, "id", file->key);
    json_add_time(object, "created_at", file->created_at_us);
    json_add_time(object, "updated_at", file->updated_at_us);
    json_add_string(object, "name", file->name);
    json_add_int(object, "size", (int64_t)file->size);
    json_add_string(object, "access", file->access);
    json_add_string(object, "type", file->purpose);
    return object;
}

json_object *files_json(const struct store_file_row *files, size_t count)
{
    json_object *array = json_object_new_array_ext((int)count);

    for (size_t i = 0; i < count; i++)
        json_object_array_add(array, file_json(&files[i]));
    return array;
}
