"""What every Carillon service shares and no service owns; nothing here may know a domain."""
