package app

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// usage writes how a command is used: its examples, the commands below it, and its
// flags under the headings of the settings.
func (p *program) usage(command *cobra.Command) error {
	var text strings.Builder
	text.WriteString("Usage:\n")
	if command.Runnable() {
		fmt.Fprintf(&text, "  %s\n", command.UseLine())
	}
	if command.HasAvailableSubCommands() {
		fmt.Fprintf(&text, "  %s [command]\n", command.CommandPath())
	}
	if command.HasExample() {
		fmt.Fprintf(&text, "\nExamples:\n%s\n", command.Example)
	}
	if command.HasAvailableSubCommands() {
		text.WriteString("\nCommands:\n")
		for _, below := range command.Commands() {
			if below.IsAvailableCommand() || below.Name() == "help" {
				fmt.Fprintf(&text, "  %-*s  %s\n", command.NamePadding(), below.Name(), below.Short)
			}
		}
	}
	columns := columnsOf(command.OutOrStdout())
	flags := command.LocalFlags()
	flags.AddFlagSet(command.InheritedFlags())
	titles, groups := p.settings.Groups(flags)
	for i, title := range titles {
		writeFlags(&text, title, groups[i], columns)
	}
	others := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.VisitAll(func(flag *pflag.Flag) {
		if p.settings.Find(flag.Name) == nil {
			others.AddFlag(flag)
		}
	})
	writeFlags(&text, "This command", others, columns)
	_, err := io.WriteString(command.OutOrStdout(), text.String())
	return err
}

// writeFlags writes flags under a title, each with its help below it.
func writeFlags(text *strings.Builder, title string, flags *pflag.FlagSet, columns int) {
	if !flags.HasAvailableFlags() {
		return
	}
	fmt.Fprintf(text, "\n%s:\n", title)
	flags.VisitAll(func(flag *pflag.Flag) {
		if flag.Hidden {
			return
		}
		text.WriteString("  ")
		if flag.Shorthand != "" {
			fmt.Fprintf(text, "-%s, ", flag.Shorthand)
		}
		text.WriteString("--" + flag.Name)
		if kind := flag.Value.Type(); kind != "bool" {
			text.WriteString(" " + kind)
		}
		if !slices.Contains([]string{"", "false", "0"}, flag.DefValue) {
			fmt.Fprintf(text, " (default %s)", flag.DefValue)
		}
		text.WriteString("\n")
		const indent = "      "
		for _, line := range wrap(flag.Usage, columns-len(indent)) {
			fmt.Fprintf(text, "%s%s\n", indent, line)
		}
	})
}

// wrap breaks a text into lines of so many letters, between words.
func wrap(text string, width int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// columnsOf returns how wide a text may be: as the terminal, but no wider than is
// well read.
func columnsOf(w io.Writer) int {
	const most, least = 100, 40
	if file, ok := w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil {
			return max(min(columns, most), least)
		}
	}
	return most
}
