"""Hot reload: watches the contract while its author edits it, puts each sound edit in force, and tells what it changed."""
