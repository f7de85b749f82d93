"""People one wrote to, and who is completed when one types a recipient. The address book comes later."""
