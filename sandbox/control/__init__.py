"""The control plane, `/_sandbox`: a second Connexion application beside the API, from `openapi/control.yaml`."""
