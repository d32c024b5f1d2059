package app

import (
	"regexp"
	"slices"
	"strings"
)

// masked stands for what is not shown.
const masked = "***"

// Of the parameters of a data source name everyone may see those that are shown, and
// the names of those that are hidden. Of any other nothing is shown: it may be a part
// of a password that lacks its quotes.
var shown = []string{
	"host", "hostaddr", "port", "user", "dbname", "database", "sslmode", "sslrootcert", "sslcert", "sslkey",
	"application_name", "connect_timeout", "target_session_attrs", "search_path",
}

var hidden = []string{"password", "sslpassword", "passfile", "options"}

// maskDatabase shows of a data source name where the database is, and no secret.
// What it cannot take apart it does not show at all.
func maskDatabase(dsn string) string {
	if scheme, rest, ok := strings.Cut(dsn, "://"); ok && (scheme == "postgres" || scheme == "postgresql") {
		return scheme + "://" + maskURL(rest)
	}
	return maskPairs(dsn)
}

// unreadable reports whether maskDatabase could not take a name apart.
func unreadable(shown string) bool {
	return shown == masked || strings.HasSuffix(shown, "://"+masked) || strings.Contains(shown, "@"+masked)
}

// hosts are names or addresses with ports in digits, and a database.
var hosts = regexp.MustCompile(`^` + host + `(,` + host + `)*(/[\w.%-]*)?$`)

const host = `([\w.%-]*|\[[\w:.%]*\])(:\d*)?`

// maskURL masks USER:PASSWORD@HOSTS/DATABASE?PARAMETERS. A password may hold any
// letter when somebody forgot to escape it: it reaches to the last @.
func maskURL(text string) string {
	user := ""
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		name, _, secret := strings.Cut(text[:at], ":")
		if strings.ContainsAny(name, "/?#=&") {
			return masked
		}
		user, text = name+"@", text[at+1:]
		if secret {
			user = name + ":" + masked + "@"
		}
	}
	where, parameters, some := strings.Cut(text, "?")
	if !hosts.MatchString(where) {
		return user + masked
	}
	if !some {
		return user + where
	}
	pairs := strings.Split(parameters, "&")
	for i, pair := range pairs {
		key, value, _ := strings.Cut(pair, "=")
		pairs[i] = maskPair(key, value)
	}
	return user + where + "?" + strings.Join(pairs, "&")
}

// pair is KEY = VALUE, whose value may stand in quotes.
var pair = regexp.MustCompile(`^\s*(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|(?:[^\s'\\]|\\.)*)(?:\s+|$)`)

// maskPairs masks pairs of KEY=VALUE with blanks between them.
func maskPairs(text string) string {
	var pairs []string
	for text = strings.TrimSpace(text); text != ""; {
		found := pair.FindStringSubmatch(text)
		if found == nil {
			return masked
		}
		pairs = append(pairs, maskPair(found[1], found[2]))
		text = text[len(found[0]):]
	}
	return strings.Join(pairs, " ")
}

func maskPair(key, value string) string {
	switch {
	case slices.Contains(shown, key):
		return key + "=" + value
	case slices.Contains(hidden, key):
		return key + "=" + masked
	default:
		return masked
	}
}
