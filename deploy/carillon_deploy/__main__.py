"""`python -m carillon_deploy` is the `carillon` command; nothing else belongs here."""

from carillon_deploy.cli import app

if __name__ == "__main__":
    app(prog_name="carillon")
