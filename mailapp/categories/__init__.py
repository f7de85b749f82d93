"""Categories of messages: a name and a colour for a keyword that messages carry in every protocol."""
