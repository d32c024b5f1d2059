package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/stateward/stateward/proxy/internal/setting"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/storetool"
)

// verifyCommand returns the command that checks a store.
func (p *program) verifyCommand() *cobra.Command {
	var proxy, output string
	command := &cobra.Command{
		Use:   "verify [ARCHIVE]",
		Short: "Check every record of a store, or of an archive",
		Long: `verify reads everything: each record by its checksum, the events of each entity
for a gap, each snapshot against the events, the log against the journals, what
expires against what will be swept, and durable effects and replicated copies by
decoding them. It changes nothing, and the proxies may run.

Each finding is a line with the entity that it concerns. The exit code is 0 when
there is none.`,
		Example: `  stateward-proxy store verify --data /var/lib/stateward
  stateward-proxy store verify /backup/cart.swar
  stateward-proxy store verify --proxy http://127.0.0.1:9001 --output json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			return p.look(command, output, proxy, args, "verify", func(ctx context.Context, from *source, progress *storetool.Progress) (string, error) {
				return verify(ctx, from, progress, command.OutOrStdout(), output == "json")
			})
		},
	}
	p.addStoreFlags(command, &proxy)
	addOutputFlag(command, &output)
	return command
}

// statsCommand returns the command that measures a store.
func (p *program) statsCommand() *cobra.Command {
	var proxy, output string
	command := &cobra.Command{
		Use:   "stats [ARCHIVE]",
		Short: "Count and measure what a store, or an archive, holds",
		Long: `stats counts, for each persistence id: entities, events, snapshots, values, recorded
answers and copies of replicated entities, with their sizes as they were given, and
where the event log begins and ends; and durable effects, with those that are parked.
It reads everything, changes nothing, and the proxies may run.`,
		Example: `  stateward-proxy store stats --data /var/lib/stateward
  stateward-proxy store stats /backup/cart.swar --output json | jq .effects`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			return p.look(command, output, proxy, args, "stats", func(ctx context.Context, from *source, progress *storetool.Progress) (string, error) {
				stats, err := storetool.Count(ctx, from, progress)
				if err != nil {
					return "", err
				}
				return "done", printStats(command.OutOrStdout(), stats, output == "json")
			})
		},
	}
	p.addStoreFlags(command, &proxy)
	addOutputFlag(command, &output)
	return command
}

// look has a source read, and closes it.
func (p *program) look(
	command *cobra.Command, output, proxy string, file []string, what string,
	do func(context.Context, *source, *storetool.Progress) (how string, err error),
) error {
	if _, err := setting.Word(outputs...).Parse(output); err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	return p.work(command, what, func(ctx context.Context, progress *storetool.Progress) (how string, err error) {
		from, err := p.source(ctx, command, proxy, file)
		if err != nil {
			return "", err
		}
		defer from.close() //nolint:errcheck // it was only read
		progress.Of(from.name)
		return do(ctx, from, progress)
	})
}

// finding is a damage as JSON has it.
type finding struct {
	Of   string `json:"of"`
	What string `json:"what"`
}

// verify prints each finding as it comes, and returns an error when there is one.
func verify(ctx context.Context, from *source, progress *storetool.Progress, out io.Writer, asJSON bool) (how string, err error) {
	findings := []finding{}
	items, err := storetool.Verify(ctx, from, func(damage store.DamageItem) error {
		findings = append(findings, finding(damage))
		if asJSON {
			return nil
		}
		_, err := fmt.Fprintf(out, "%s: %s\n", damage.Of, damage.What)
		return err
	}, progress)
	if err != nil {
		return "", err
	}
	if asJSON {
		err = json.NewEncoder(out).Encode(map[string]any{"items": items, "findings": findings})
	}
	if err == nil && len(findings) > 0 {
		err = fmt.Errorf("%s is damaged: %d findings in %d items", from.name, len(findings), items)
	}
	return "no damage", err
}

// printStats prints the figures.
func printStats(out io.Writer, stats *storetool.Stats, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(stats)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PERSISTENCE\tENTITIES\tDELETED\tEVENTS\tSNAPSHOTS\tVALUES\tRECORDS\tCOPIES\tLOG\tKIND")
	for _, g := range stats.Groups {
		log := "-"
		if g.Events.Count > 0 {
			log = fmt.Sprintf("%d–%d", g.FirstOffset, g.LastOffset)
		}
		fmt.Fprintf(table, "%q\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", g.Persistence, g.Entities, g.Deleted,
			measured(g.Events), measured(g.Snapshots), measured(g.Values), measured(g.Records), measured(g.Copies), log, g.Kind)
	}
	fmt.Fprintf(table, "\nDurable effects: %s, of which %d are parked.\n", measured(stats.Effects), stats.Parked)
	if stats.Damaged > 0 {
		fmt.Fprintf(table, "Not counted, for it is damaged: %d. See 'stateward-proxy store verify'.\n", stats.Damaged)
	}
	return table.Flush()
}

func measured(m storetool.Measure) string {
	if m.Count == 0 {
		return "-"
	}
	return fmt.Sprintf("%d (%s)", m.Count, storetool.Bytes(m.Bytes))
}
