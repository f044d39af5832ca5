package journal

const childDir = "KASSA_JOURNAL_CHILD"

func child(string) {}
