"""The JSON API: the console's actions for programs. `access` says who may, `routes_*` what; `app` is all of it."""
