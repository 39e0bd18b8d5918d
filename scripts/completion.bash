# Completion of fencepost for bash: commands and options as the program itself lists them.
_fencepost()
{
	local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]-}

	if [ "$COMP_CWORD" = 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(fencepost --help | sed -n 's/^  \([a-z]*\)  .*/\1/p')" -- "$word")
	elif [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(fencepost "$command" --help 2>/dev/null |
			grep -oE -- '--[a-z][a-z-]*=?' | sort -u)" -- "$word")
		[[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace
	elif [ "$command" = help ]; then
		mapfile -t COMPREPLY < <(compgen -W \
			"$(fencepost --help | sed -nE 's/^  (  )?([a-z-]+)  .*/\2/p')" -- "$word")
	else
		[[ $command != run && $command != tune ]] || mapfile -t COMPREPLY < <(compgen -W \
			"$(fencepost campaigns 2>/dev/null | sed -n 's/^  \([^ ][^ ]*\)  .*/\1/p')" -- "$word")
		compopt -o default
	fi
}
complete -F _fencepost fencepost
