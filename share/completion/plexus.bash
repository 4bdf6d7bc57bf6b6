# Completion of `plexus` in bash: source this file, or put it in ~/.local/share/bash-completion/completions/plexus.
# Verbs and options are read from --help, so that they are those of the installed program.
_plexus_words() { # the first words of the entries below the heading $1
  sed -n "/^$1:/,/^\$/s/^  \\([a-z][a-z-]*\\).*/\\1/p"
}

_plexus() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} program=${COMP_WORDS[0]} words
  local -a verb=()
  local i
  for ((i = 1; i < COMP_CWORD; ++i)); do
    [[ ${COMP_WORDS[i]} == -* || ${#verb[@]} -eq 2 ]] && break
    verb+=("${COMP_WORDS[i]}")
  done
  COMPREPLY=()
  case $previous in
    -d | --device) mapfile -t COMPREPLY < <(compgen -W 'cpu cuda cuda:0' -- "$current") && return ;;
    --progress) mapfile -t COMPREPLY < <(compgen -W 'auto plain json none' -- "$current") && return ;;
    --log-level) mapfile -t COMPREPLY < <(compgen -W 'debug info warning error off' -- "$current") && return ;;
    --layout) mapfile -t COMPREPLY < <(compgen -W 'auto files pairs csv nnunet msd bids' -- "$current") && return ;;
    --resume) mapfile -t COMPREPLY < <(compgen -W 'auto never must' -- "$current") && return ;;
  esac
  if [[ $current == -* ]]; then
    words=$("$program" "${verb[@]}" --help 2>/dev/null | grep -oE -- '^ +(-[a-z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+')
  elif [[ ${#verb[@]} -eq 0 ]]; then
    words=$("$program" --help 2>/dev/null | _plexus_words Verbs)
  elif [[ ${verb[0]} == plugins && ${verb[1]-} == describe ]]; then
    words=$("$program" plugins list --json 2>/dev/null | grep -oE '"name": "[^"]+"' | cut -d'"' -f4)
  elif [[ ${#verb[@]} -eq 1 ]]; then
    words=$("$program" "${verb[0]}" --help 2>/dev/null | _plexus_words Verbs)
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _plexus plexus
