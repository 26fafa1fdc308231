/* SPDX-License-Identifier: MIT */
/* What the supervisor and the template say to each other: one JSON object a packet on a
 * SOCK_SEQPACKET socket (file descriptor 3 of the template), descriptors passed beside it
 * (SCM_RIGHTS, unix(7)).
 *
 * Supervisor to template:
 *   {"op":"type","name":"t","plugin":"/path.so","environment":["K=V"],"user":"","limits":{...},"network":"none","read_only":true}
 *   {"op":"type","name":"t","command":["/prog","arg"], ...}       replaces nothing: a template
 * lives with one set of types
 *   {"op":"ready"}                                                 all types told
 *   {"op":"quit"}                                                  leave quietly (another template
 * took over): no process is killed
 *   {"op":"spawn","run":7,"mark":"<49
 * characters>","type":"t","task":"<uuid>","attempt":1,"creator":"..", "work_dir":"/abs/path"} with
 * 4 descriptors: stdin, stdout, stderr, messages; and a fifth, if the worker is to be born in a
 * cgroup: its directory
 *
 * Template to supervisor:
 *   {"type":"t","error":"reason"}   for each type that could not be loaded (ABI number, missing
 * symbol, missing user)
 *   {"ready":true}                  answer to ready
 *   {"run":7,"pid":1234}            cloned
 *   {"run":7,"errno":11}            clone failed, errno as given by clone(2)
 *
 * A closed socket without "quit" means that the supervisor died: the template kills every process
 * in the cgroups of ORDER_CGROUP_VARIABLE and every one that carries this incarnation's mark, then
 * ends. The template clones with all signals blocked;
 * the child resets dispositions first and unblocks last, so that a SIGTERM sent in between is not
 * lost.
 *
 * network and read_only: absent unless the type is to be kept from them.
 *
 * limits: memory_bytes cpu_seconds processes open_files file_size_bytes, each absent when
 * unlimited. */
#ifndef COMMON_ORDER_H
#define COMMON_ORDER_H

#define ORDER_PACKET_MAX (96 * 1024)
#define ORDER_SPAWN_FDS 4
#define ORDER_SPAWN_FDS_MAX 5 /* with a cgroup */

/* In the template's environment: the directory of all attempts' cgroups; absent if there are none.
 */
#define ORDER_CGROUP_VARIABLE "TASKYARD_CGROUP"

/* The mark every process of an attempt carries in its environment: TASKYARD_MARK=<incarnation, 32
 * hex>-<run, 16 hex>. A plugin worker never execs, so the template starts with a TASKYARD_MARK of
 * full length and its clones overwrite it in place: /proc/PID/environ shows the memory (proc(5)).
 */
#define ORDER_MARK_VARIABLE "TASKYARD_MARK"
#define ORDER_MARK_LENGTH 49

#endif
