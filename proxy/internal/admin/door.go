package admin

import (
	"net"
	"net/http"
	"net/netip"
)

// Door lets those in who may use the service and the console: who calls from this machine,
// wherever the port listens, and everybody where anyone is true, because who calls has
// shown otherwise who it is, or somebody has said so. No page of another site gets in: a
// browser says of each request that changes something where it comes from, and a name that
// an attacker has bound to this machine is not one that the proxy goes by. AnyName lets
// callers use any name, because TLS checks it.
func Door(inside http.Handler, anyone, anyName bool) http.Handler {
	guarded := http.NewCrossOriginProtection().Handler(inside)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !anyone && !isLocal(r.RemoteAddr):
			http.Error(w, "the admin service answers on this machine alone: call it from there, such as through a tunnel", http.StatusForbidden)
		case !anyName && !isPlain(r.Host):
			http.Error(w, "call the admin port by its address, or as localhost", http.StatusMisdirectedRequest)
		default:
			guarded.ServeHTTP(w, r)
		}
	})
}

// isLocal reports whether the address is of this machine.
func isLocal(address string) bool {
	from, err := netip.ParseAddrPort(address)
	return err == nil && from.Addr().Unmap().IsLoopback()
}

// isPlain reports whether the host of a request is an address, or localhost: no name that
// somebody else could have bound.
func isPlain(host string) bool {
	name := host
	if cut, _, err := net.SplitHostPort(host); err == nil {
		name = cut
	}
	if name == "localhost" {
		return true
	}
	_, err := netip.ParseAddr(trimBrackets(name))
	return err == nil
}

func trimBrackets(name string) string {
	if len(name) > 1 && name[0] == '[' && name[len(name)-1] == ']' {
		return name[1 : len(name)-1]
	}
	return name
}
