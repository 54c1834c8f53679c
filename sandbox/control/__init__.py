"""The control plane, `/_sandbox`: a second Connexion application next to the API, from `openapi/control.yaml`."""
