"""How the parts are put together, each room of them in a module of its own. `app.workstation` calls these."""
