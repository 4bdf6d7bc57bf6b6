# Completion of `plexus` in fish: put this file in ~/.config/fish/completions. Verbs and options are read from --help.
function __plexus_verbs # the words before the cursor that are verbs
    set -l verb
    for word in (commandline -opc)[2..]
        string match -q -- '-*' $word; and break
        test (count $verb) -eq 2; and break
        set -a verb $word
    end
    set -q verb[1]; and printf '%s\n' $verb
end

function __plexus_help
    plexus (__plexus_verbs) --help 2>/dev/null
end

function __plexus_words
    __plexus_help | sed -n '/^Verbs:/,/^$/s/^  \([a-z][a-z-]*\) *\(.*\)/\1\t\2/p'
end

function __plexus_options
    __plexus_help | sed -nE 's/^ +(-[a-z], )?(--[a-z-]+)( [A-Z=<>]+)? +(.*)/\2\t\4/p'
end

complete -c plexus -n 'not string match -q -- "-*" (commandline -ct)' -a '(__plexus_words)'
complete -c plexus -n 'string match -q -- "-*" (commandline -ct)' -f -a '(__plexus_options)'
complete -c plexus -n 'test "$(__plexus_verbs | string join " ")" = "plugins describe"' -f -a '(plexus plugins list --json 2>/dev/null | sed -nE "s/.*\"name\": \"([^\"]+)\".*/\1/p")'
