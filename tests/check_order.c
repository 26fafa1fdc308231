/* SPDX-License-Identifier: MIT */
/* Orders as the template parses them: the good ones in full, the bad ones by their reason. */
#include "tests/check_main.h"
#include "worker/order.h"

#include <string.h>

#define MARK "0123456789abcdef0123456789abcdef-00000000000000a1"

static struct order order;
static const char *why;

static bool parse(const char *packet)
{
    return order_parse(packet, strlen(packet), &order, &why);
}

START_TEST(test_plugin_type)
{
    ck_assert(
        parse("{\"op\":\"type\",\"name\":\"t\",\"plugin\":\"/p.so\",\"environment\":[\"A=1\",\"B="
              "2\"],\"user\":\"\",\"limits\":{\"memory_bytes\":1048576,\"open_files\":32}}"));
    ck_assert_int_eq(order.kind, ORDER_TYPE);
    ck_assert_str_eq(order.type.name, "t");
    ck_assert_str_eq(order.type.plugin, "/p.so");
    ck_assert_ptr_null(order.type.command);
    ck_assert_ptr_null(order.type.user);
    ck_assert_str_eq(order.type.environment[1], "B=2");
    ck_assert_ptr_null(order.type.environment[2]);
    ck_assert_int_eq(order.type.limits.memory_bytes, 1048576);
    ck_assert_int_eq(order.type.limits.open_files, 32);
    ck_assert_int_eq(order.type.limits.cpu_seconds, 0);
    order_clear(&order);
}
END_TEST

START_TEST(test_command_type)
{
    ck_assert(parse("{\"op\":\"type\",\"name\":\"t\",\"command\":[\"/bin/"
                    "echo\",\"-n\",\"\"],\"user\":\"ann\"}"));
    ck_assert_ptr_null(order.type.plugin);
    ck_assert_str_eq(order.type.command[0], "/bin/echo");
    ck_assert_str_eq(order.type.command[2], "");
    ck_assert_ptr_null(order.type.command[3]);
    ck_assert_str_eq(order.type.user, "ann");
    ck_assert_ptr_null(order.type.environment[0]);
    order_clear(&order);
}
END_TEST

START_TEST(test_isolation)
{
    ck_assert(parse("{\"op\":\"type\",\"name\":\"t\",\"plugin\":\"/p.so\"}"));
    ck_assert(!order.type.isolation.no_network && !order.type.isolation.read_only);
    order_clear(&order);
    ck_assert(parse("{\"op\":\"type\",\"name\":\"t\",\"plugin\":\"/p.so\",\"network\":\"none\","
                    "\"read_only\":true}"));
    ck_assert(order.type.isolation.no_network && order.type.isolation.read_only);
    order_clear(&order);
    ck_assert(!parse("{\"op\":\"type\",\"name\":\"t\",\"plugin\":\"/p.so\",\"network\":\"all\"}"));
    ck_assert_str_eq(why, "network is not \"none\", or read_only no boolean");
    order_clear(&order);
    ck_assert(!parse("{\"op\":\"type\",\"name\":\"t\",\"plugin\":\"/p.so\",\"read_only\":1}"));
    ck_assert_str_eq(why, "network is not \"none\", or read_only no boolean");
    order_clear(&order);
}
END_TEST

START_TEST(test_spawn)
{
    ck_assert(parse("{\"op\":\"spawn\",\"run\":9007199254740993,\"mark\":\"" MARK
                    "\",\"type\":\"t\",\"task\":\"id\",\"attempt\":3,\"creator\":\"system\",\"work_"
                    "dir\":\"/w/1\"}"));
    ck_assert_int_eq(order.kind, ORDER_SPAWN);
    ck_assert(order.spawn.run == 9007199254740993);
    ck_assert_str_eq(order.spawn.mark, MARK);
    ck_assert_int_eq(order.spawn.attempt, 3);
    ck_assert_str_eq(order.spawn.work_dir, "/w/1");
    order_clear(&order);
}
END_TEST

START_TEST(test_words)
{
    ck_assert(parse("{\"op\":\"ready\"}"));
    ck_assert_int_eq(order.kind, ORDER_READY);
    order_clear(&order);
    ck_assert(parse("{\"op\":\"quit\"}"));
    ck_assert_int_eq(order.kind, ORDER_QUIT);
    order_clear(&order);
}
END_TEST

static const char *const refused[] = {
    "",
    "ready",
    "[]",
    "null",
    "{}",
    "{\"op\":7}",
    "{\"op\":\"dance\"}",
    "{\"op\":\"type\"}",
    "{\"op\":\"type\",\"name\":\"t\"}",
    "{\"op\":\"type\",\"name\":\"t\",\"command\":[]}",
    "{\"op\":\"type\",\"name\":\"t\",\"command\":\"/bin/true\"}",
    "{\"op\":\"type\",\"name\":\"t\",\"command\":[\"/bin/true\",5]}",
    "{\"op\":\"type\",\"name\":5,\"plugin\":\"/p.so\"}",
    "{\"op\":\"type\",\"name\":\"t\",\"plugin\":[]}",
    "{\"op\":\"type\",\"name\":\"t\",\"plugin\":\"/p.so\",\"environment\":{}}",
    "{\"op\":\"type\",\"name\":\"t\",\"plugin\":\"/p.so\",\"limits\":[]}",
    "{\"op\":\"type\",\"name\":\"t\",\"plugin\":\"/p.so\",\"limits\":{\"cpu_seconds\":-1}}",
    "{\"op\":\"spawn\",\"run\":1}",
    "{\"op\":\"spawn\",\"run\":1,\"mark\":\"short\",\"type\":\"t\",\"task\":\"id\",\"attempt\":3,"
    "\"creator\":\"c\",\"work_dir\":\"/w\"}",
    "{\"op\":\"spawn\",\"run\":1,\"mark\":\"" MARK
    "\",\"type\":\"t\",\"task\":\"id\",\"attempt\":3,\"creator\":\"c\",\"work_dir\":\"w\"}",
    "{\"op\":\"spawn\",\"run\":-1,\"mark\":\"" MARK
    "\",\"type\":\"t\",\"task\":\"id\",\"attempt\":3,\"creator\":\"c\",\"work_dir\":\"/w\"}",
};

START_TEST(test_refused)
{
    why = NULL;
    ck_assert(!parse(refused[_i]));
    ck_assert_ptr_nonnull(why);
    order_clear(&order);
}
END_TEST

START_TEST(test_a_refused_spawn_still_tells_its_run)
{
    ck_assert(!parse("{\"op\":\"spawn\",\"run\":77}"));
    ck_assert_int_eq(order.spawn.run, 77);
    order_clear(&order);
    ck_assert(!parse("{\"op\":\"spawn\"}"));
    ck_assert_int_eq(order.spawn.run, -1);
    order_clear(&order);
}
END_TEST

static Suite *order_suite(void)
{
    Suite *suite = suite_create("order");
    TCase *tests = tcase_create("order");

    tcase_add_test(tests, test_plugin_type);
    tcase_add_test(tests, test_command_type);
    tcase_add_test(tests, test_isolation);
    tcase_add_test(tests, test_spawn);
    tcase_add_test(tests, test_words);
    tcase_add_loop_test(tests, test_refused, 0, sizeof(refused) / sizeof(refused[0]));
    tcase_add_test(tests, test_a_refused_spawn_still_tells_its_run);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(order_suite)
