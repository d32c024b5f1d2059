package schema

import (
	"strings"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// The message whose schema the plugin writes, and where.
const (
	rooted = "stateward.tck.v1.Report"
	target = "tck/report/report.schema.json"
)

// Generate writes the schema of the report, with the comments of its proto, when that
// is among the files that protoc was given.
func Generate(plugin *protogen.Plugin) error {
	for _, file := range plugin.Files {
		for _, message := range file.Messages {
			if message.Desc.FullName() != rooted || !file.Generate {
				continue
			}
			said := commentsOf(file)
			text, err := Of(message.Desc, func(d protoreflect.Descriptor) string { return said[d.FullName()] })
			if err != nil {
				return err
			}
			if _, err := plugin.NewGeneratedFile(target, "").Write(text); err != nil {
				return err
			}
		}
	}
	return nil
}

// commentsOf are the comments of a file, each on one line, by the full name of what
// they stand above.
func commentsOf(file *protogen.File) map[protoreflect.FullName]string {
	said := map[protoreflect.FullName]string{}
	add := func(d protoreflect.Descriptor, c protogen.CommentSet) {
		said[d.FullName()] = strings.Join(strings.Fields(string(c.Leading)), " ")
	}
	for _, message := range file.Messages {
		add(message.Desc, message.Comments)
		for _, field := range message.Fields {
			add(field.Desc, field.Comments)
		}
	}
	for _, enum := range file.Enums {
		add(enum.Desc, enum.Comments)
		for _, value := range enum.Values {
			add(value.Desc, value.Comments)
		}
	}
	return said
}
