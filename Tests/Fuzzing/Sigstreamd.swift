import ArgumentParser

/// Stands in for the command line in the fuzzers, which reach no command.
struct Sigstreamd: ParsableCommand {}
