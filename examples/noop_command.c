/* SPDX-License-Identifier: MIT */
/* A command that does nothing and succeeds: measures what a task with a program of its own costs.
 */
int main(void)
{
    return 0;
}
