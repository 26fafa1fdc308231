# SPDX-License-Identifier: MIT
# bash completion for taskyard(1): commands, options, and what the running supervisor knows (types, ids of tasks).

# Bash hands over --option=value as three words. The place of the value, of the option at this place.
_taskyard_value() {
    [[ ${COMP_WORDS[$1 + 1]} == = ]] && echo $(($1 + 2)) || echo $(($1 + 1))
}

# The global options given so far, so that the same supervisor is asked.
_taskyard_ask() {
    local i socket=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            --socket) socket=(--socket "${COMP_WORDS[$(_taskyard_value "$i")]}") ;;
        esac
    done
    timeout 2 "${COMP_WORDS[0]}" "${socket[@]}" "$@" 2>/dev/null
}

_taskyard_ids() {
    _taskyard_ask list --page-size 50 "$@" | awk 'NR > 1 { print $1 }'
}

_taskyard_types() {
    _taskyard_ask types | awk 'NR > 1 { print $1 }'
}

# The command on the line so far, if there is one: the first word that is neither an option nor an option's value.
_taskyard_command() {
    local i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            --socket) i=$(_taskyard_value "$i") ;;
            -* | =) ;;
            *)
                printf '%s\n' "${COMP_WORDS[i]}"
                return
                ;;
        esac
    done
}

_taskyard_options() {
    case $1 in
        create) echo "--payload --max-retries --creator --count --idempotency-key --wait" ;;
        list) echo "--type --status --creator --search --page --page-size --all" ;;
        kill) echo "--reason" ;;
        doctor) echo "--config" ;;
        logs) echo "--follow" ;;
        artifact) echo "--output" ;;
        role) echo "--description --permission --name --no-permissions" ;;
        token) echo "--name --expires" ;;
        user) echo "--role --email --full-name --password-file --keywords" ;;
    esac
}

# Words that may stand at the current place, one a line.
_taskyard_words() {
    case $1 in
        "") echo "create list show logs cancel kill pause resume retry delete watch artifact attempts timeline top settings types reload user role token" \
            "status doctor purge drain upgrade help" ;;
        create) _taskyard_types ;;
        cancel) _taskyard_ids --status running && _taskyard_ids --status pending ;;
        kill) _taskyard_ids --status running && _taskyard_ids --status pending ;;
        pause | resume | top) _taskyard_ids --status running ;;
        retry) _taskyard_ids --status failed && _taskyard_ids --status cancelled ;;
        show | logs | delete | watch | artifact | attempts | timeline) _taskyard_ids ;;
        settings)
            if [[ $previous == [gs]et ]]; then
                echo "task_max_concurrent task_retention_days task_log_retention_days task_audit_log_retention_days"
            else
                echo "get set"
            fi
            ;;
        role) echo "list permissions add set remove" ;;
        token) echo "add list remove" ;;
        user) echo "add list passwd role disable enable expire" ;;
    esac
}

_taskyard() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command
    command=$(_taskyard_command)
    COMPREPLY=()
    if [[ $current == = ]]; then
        current=
    elif [[ $previous == = ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    case $previous in
        --socket | --password-file | --output | -o | --config)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
            ;;
        --status)
            mapfile -t COMPREPLY < <(compgen -W "pending running success failed cancelled" -- "$current")
            return
            ;;
        --type)
            mapfile -t COMPREPLY < <(compgen -W "$(_taskyard_types)" -- "$current")
            return
            ;;
        --role)
            mapfile -t COMPREPLY < <(compgen -W "admin operator viewer" -- "$current")
            return
            ;;
        --permission)
            mapfile -t COMPREPLY < <(compgen -W "$(_taskyard_ask role permissions | awk 'NR > 1 { print $1 }')" -- "$current")
            return
            ;;
        --payload)
            [[ $current == @* ]] && mapfile -t COMPREPLY < <(compgen -P @ -f -- "${current#@}")
            return
            ;;
        --max-retries | --creator | --count | --idempotency-key | --search | --page | --page-size | --email | --full-name | \
            --keywords | --description | --name | --expires | --reason)
            return
            ;;
    esac
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_taskyard_options "$command") --json --socket --help --version" -- "$current")
    else
        mapfile -t COMPREPLY < <(compgen -W "$(_taskyard_words "$command")" -- "$current")
    fi
}

complete -F _taskyard taskyard
