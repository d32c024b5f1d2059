package script

// Inherited are names that every object has in some language, without anybody having
// given them to it: a function that looks a method up in such an object, by reflection
// or in what it takes for an empty table, finds something.
func Inherited() []string {
	return []string{
		"__proto__", "constructor", "hasOwnProperty", "toString", "valueOf", // JavaScript
		"__init__", "__class__", "__dict__", // Python
		"getClass", "hashCode", "equals", // Java
	}
}
