# Makes a table of the output of go test -bench: what was measured, the figure, and
# what stands beside it.
/^Benchmark/ {
  name = $1
  sub(/-[0-9]+$/, "", name)
  for (i = 3; i < NF; i += 2) figure[name, $(i + 1)] = $i
}
function of(name, unit) { return figure[name, unit] }
function row(what, first, beside) { printf "%-44s  %-24s  %s\n", what, first, beside }
END {
  decode = "BenchmarkObjectToBulk/one_goroutine"
  row("object to bulk bodies, one goroutine", sprintf("%.0f MB/s", of(decode, "bulk-MB/s")), sprintf("%.2f of the library's gunzip alone", of(decode, "of-gunzip")))
  decode = "BenchmarkObjectToBulk/gunzip_ahead"
  row("the same with gunzip in another", sprintf("%.0f MB/s", of(decode, "bulk-MB/s")), sprintf("%.2f of the library's gunzip alone", of(decode, "of-gunzip")))
  lambda = "BenchmarkIndex/large"
  row("index Lambda, a million events", sprintf("%.1f s of processor", of(lambda, "cpu-s/Mevents")),
    sprintf("inflate %.0f, decode %.0f, fill %.0f, send %.0f, write %.0f %%", of(lambda, "inflate-%"), of(lambda, "decode-%"), of(lambda, "add-%"), of(lambda, "send-%"), of(lambda, "write-%")))
  lambda = "BenchmarkIndex/small"
  row("index Lambda, an object of 41 events", sprintf("%.2f ms of processor", of(lambda, "cpu-ms/object")),
    sprintf("%.2f ms of all of the runner, S3 server included", of("BenchmarkRunner", "cpu-ms/object")))
  row("cold start of the index Lambda", sprintf("%.1f ms", of("BenchmarkColdStart/index", "ns/op") / 1e6), "")
  search = "BenchmarkGrep"
  row("grep over an archive", sprintf("%.0f MB/s", of(search, "MB/s")), sprintf("%.2f of the library's gunzip alone", of(search, "of-gunzip")))
  whole = "BenchmarkRun"
  row("whole run into the embedded store", sprintf("%.0f events/s", of(whole, "events/s")),
    sprintf("Lambdas %.1f, store %.1f s of processor a million", of(whole, "cpu-s/Mevents"), of(whole, "store-cpu-s/Mevents")))
  store = "BenchmarkStore/500,000_of_3_days"
  row("embedded store, taking in 500,000", sprintf("%.0f events/s", of(store, "docs/s")), sprintf("%.0f MB of memory, %.0f MB on disk", of(store, "MB-taking-in"), of(store, "MB-on-disk")))
  row("searching them", sprintf("%.0f MB of memory", of(store, "MB-searching")),
    sprintf("rare word %.3f, frequent %.2f, regexp %.2f s", of(store, "s-rare-word"), of(store, "s-frequent-word"), of(store, "s-regexp")))
  list = "BenchmarkListMillion/hours"
  row("listing a million keys in hour folders", sprintf("%.1f s", of(list, "ns/op") / 1e9), sprintf("%.0f s one call after another", of(list, "s-in-turn")))
  list = "BenchmarkListMillion/days"
  row("in flat day folders", sprintf("%.1f s", of(list, "ns/op") / 1e9), sprintf("%.0f s one call after another", of(list, "s-in-turn")))
  report = "BenchmarkBuild/1000000"
  row("report of a million objects", sprintf("%.1f s", of(report, "ns/op") / 1e9), sprintf("%.0f MB of results, %.0f MB of memory", of(report, "MB-results"), of(report, "MB-system")))
}
