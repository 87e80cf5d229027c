package simulate

import "net/http"

type mastodon struct{ github }
type bluesky struct{ github }

var _ http.Handler
