# SPDX-License-Identifier: MIT
# Takes the paragraph marks out of scdoc's output that say nothing: beside headings, before the end of a block, and beside
# one another.
/^\.P$/ { pending = 1; next }
/^\.RE/ { print; pending = 1; next }
/^\.(SH|SS|TH)/ { pending = 0; after_heading = 1; print; next }
/^\.\\"/ { print; next }
{
    if (pending && !after_heading)
        print ".P"
    pending = 0
    after_heading = 0
    print
}
