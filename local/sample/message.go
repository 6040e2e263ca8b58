package sample

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

func one[T any](rng *rand.Rand, of ...T) T { return of[rng.IntN(len(of))] }

// status is an HTTP status as services answer.
func status(rng *rand.Rand) int {
	return one(rng, 200, 200, 200, 200, 200, 200, 201, 204, 304, 400, 404, 500)
}

func route(rng *rand.Rand) string {
	return one(rng, "/v1/xxx/xxx-xxx", "/v1/xxx/yyy-yyy", "/v1/users/me", "/v1/orders", "/v2/orders/search", "/healthz",
		fmt.Sprintf("/v1/orders/%d", rng.IntN(1_000_000)), fmt.Sprintf("/v1/users/%d/items", rng.IntN(100_000)))
}

// requestLog is a request as a Go service logs it, one JSON object a line.
func requestLog(rng *rand.Rand, t time.Time) string {
	jst := t.In(time.FixedZone("", 9*60*60))
	level, extra := "info", ""
	code := status(rng)
	if code >= 500 {
		level, extra = "error", fmt.Sprintf(`,"error":"dial tcp 10.0.%d.%d:5432: i/o timeout"`, rng.IntN(256), rng.IntN(256))
	}
	if rng.IntN(10) == 0 {
		extra += fmt.Sprintf(`,"userAgent":%q`, one(rng, "Mozilla/5.0 (iPhone; CPU iPhone OS 12_1 like Mac OS X)", "okhttp/3.12.0", "curl/7.62.0"))
	}
	return fmt.Sprintf(`{"level":"%s","ts":"%s","msg":"request and response log","out":"stdout","log":{"start_time":"%s","duration":%d,"request":{"hostname":"api.example.xxx","method":"%s","path":"%s"},"response":{"status":%d}}%s}`,
		level, jst.Format("2006-01-02T15:04:05.000-0700"), jst.Format(time.RFC3339), 100_000+rng.IntN(20_000_000),
		one(rng, "GET", "GET", "GET", "POST", "PUT", "DELETE"), route(rng), code, extra)
}

// accessLog is a line of a web server.
func accessLog(rng *rand.Rand, t time.Time) string {
	return fmt.Sprintf(`10.%d.%d.%d - - [%s] "%s %s HTTP/1.1" %d %d "-" "%s" %.3f`,
		rng.IntN(256), rng.IntN(256), rng.IntN(256), t.UTC().Format("02/Jan/2006:15:04:05 -0700"),
		one(rng, "GET", "POST"), route(rng), status(rng), rng.IntN(60_000),
		one(rng, "ELB-HealthChecker/2.0", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "okhttp/3.12.0"), rng.Float64()*2)
}

// applicationLog is what a Java service writes: lines, and stack traces of many
// lines in one event.
func applicationLog(rng *rand.Rand, t time.Time) string {
	head := t.UTC().Format("2006-01-02 15:04:05.000")
	switch rng.IntN(12) {
	case 0:
		return head + " ERROR 1 --- [nio-8080-exec-" + fmt.Sprint(1+rng.IntN(10)) + "] c.e.o.OrderController : order failed\n" + stackTrace(rng)
	case 1:
		return head + "  WARN 1 --- [scheduling-1] c.e.o.Stock : 在庫が足りません: 商品=" + one(rng, "寿司セット", "緑茶", "抹茶ケーキ") + " 残り=" + fmt.Sprint(rng.IntN(5)) + "個 🍣"
	default:
		return fmt.Sprintf("%s  INFO 1 --- [nio-8080-exec-%d] c.e.o.OrderController : order %d accepted, total=%d.00, user=\"u-%05d\"",
			head, 1+rng.IntN(10), rng.IntN(1_000_000), rng.IntN(90_000), rng.IntN(100_000))
	}
}

func stackTrace(rng *rand.Rand) string {
	var b strings.Builder
	b.WriteString(one(rng, "java.lang.NullPointerException: null", "java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available, request timed out after 30001ms."))
	for range 8 + rng.IntN(30) {
		class := one(rng, "OrderController", "OrderService", "StockRepository", "PaymentClient")
		fmt.Fprintf(&b, "\n\tat com.example.orders.%s.%s(%s.java:%d) ~[classes!/:1.4.2]",
			class, one(rng, "create", "lambda$find$0", "handle", "<init>"), class, 20+rng.IntN(400))
	}
	return b.String()
}

// oddLog is what breaks loaders that are less careful.
func oddLog(rng *rand.Rand, t time.Time) string {
	if rng.IntN(3) > 0 {
		return fmt.Sprintf("%s batch step %d done", t.UTC().Format(time.RFC3339), rng.IntN(100))
	}
	if rng.IntN(25) == 0 {
		return "dump " + strings.Repeat(one(rng, "0123456789abcdef", "{\"a\":[1,2,3]},", "行が長い"), 1000+rng.IntN(9000))
	}
	return one(rng,
		"", " ", "}{", `{"unfinished": "`, "null", "[]", `\`, `"`, `C:\temp\new "file".txt`,
		"tab\there, line\r\nend", "nul\x00 bell\a escape \x1b[31mred\x1b[0m del\x7f",
		"line\u2028separator and paragraph\u2029separator", "replacement \ufffd, byte order \ufeff, last \uffff",
		"日本語のログ：注文が完了しました", "emoji 🍣👩‍👩‍👧‍👦🇯🇵, astral 𠮷野家", "right to left \u202e!txet\u202c", "combining e\u0301 a\u030a",
		"<script>alert('log')</script> & more", "%s %d {{.}} ${jndi:x}", strings.Repeat("x", 40_000))
}

// bigLog is a message of about n bytes.
func bigLog(rng *rand.Rand, n int) string {
	var b strings.Builder
	b.WriteString("query result\n")
	for b.Len() < n {
		fmt.Fprintf(&b, "%d\t%q\t%x\n", rng.IntN(1_000_000), one(rng, "寿司", "tea", "café"), rng.Uint64())
	}
	return b.String()
}
