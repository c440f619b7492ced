using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Gradient.Backend.Metal.Tests;

/// <summary>The bindings: every message has the selector and the types of Apple's headers, and nothing else calls natively.</summary>
public sealed partial class BindingTests
{
    private static readonly string Sources = Path.GetFullPath(Path.Combine(Here(), "../../src"));

    // After receiver and selector: the arguments, then the result, as Apple declares them (metal-cpp and Foundation's headers).
    // Objects and pointers are nint or a pointer, NSUInteger is nuint, NSInteger nint, BOOL byte; enums go by their own name.
    private static readonly Dictionary<string, string> Declared = new()
    {
        // NSObject.h, NSString.h, NSError.h, NSArray.h, NSDictionary.h
        ["alloc"] = "nint", ["new"] = "nint", ["initWithBytes:length:encoding:"] = "byte*, nuint, nuint, nint", ["UTF8String"] = "nint",
        ["localizedDescription"] = "nint", ["code"] = "nint", ["userInfo"] = "nint", ["count"] = "nuint", ["objectAtIndex:"] = "nuint, nint",
        ["objectForKey:"] = "nint, nint",
        // MTLDevice.h
        ["name"] = "nint", ["newCommandQueue"] = "nint", ["newBufferWithLength:options:"] = "nuint, MTLResourceOptions, nint",
        ["newLibraryWithSource:options:error:"] = "nint, nint, nint*, nint", ["newComputePipelineStateWithFunction:error:"] = "nint, nint*, nint",
        ["supportsFamily:"] = "MTLGPUFamily, byte", ["maxThreadgroupMemoryLength"] = "nuint", ["maxBufferLength"] = "nuint",
        ["recommendedMaxWorkingSetSize"] = "ulong",
        // MTLLibrary.h, MTLFunctionConstantValues.h, MTLComputePipeline.h
        ["setFastMathEnabled:"] = "byte, void", ["setLanguageVersion:"] = "MTLLanguageVersion, void",
        ["newFunctionWithName:constantValues:error:"] = "nint, nint, nint*, nint", ["setConstantValue:type:atIndex:"] = "void*, MTLDataType, nuint, void",
        ["maxTotalThreadsPerThreadgroup"] = "nuint", ["threadExecutionWidth"] = "nuint", ["staticThreadgroupMemoryLength"] = "nuint",
        // MTLBuffer.h, MTLCommandQueue.h, MTLCommandBuffer.h
        ["contents"] = "nint", ["commandBuffer"] = "nint", ["commandBufferWithDescriptor:"] = "nint, nint",
        ["setErrorOptions:"] = "MTLCommandBufferErrorOption, void", ["debugSignposts"] = "nint", ["errorState"] = "MTLCommandEncoderErrorState",
        ["computeCommandEncoderWithDispatchType:"] = "MTLDispatchType, nint", ["commit"] = "void", ["waitUntilCompleted"] = "void",
        ["status"] = "MTLCommandBufferStatus", ["error"] = "nint", ["label"] = "nint", ["setLabel:"] = "nint, void",
        // MTLCommandEncoder.h, MTLComputeCommandEncoder.h
        ["setComputePipelineState:"] = "nint, void", ["setBuffer:offset:atIndex:"] = "nint, nuint, nuint, void",
        ["setBytes:length:atIndex:"] = "void*, nuint, nuint, void", ["dispatchThreadgroups:threadsPerThreadgroup:"] = "MTLSize, MTLSize, void",
        ["memoryBarrierWithScope:"] = "MTLBarrierScope, void", ["insertDebugSignpost:"] = "nint, void", ["endEncoding"] = "void",
    };

    [Test]
    public void Messages_are_as_declared()
    {
        int seen = 0;
        foreach (string file in Directory.GetFiles(Path.Combine(Sources, "Gradient.Backend.Metal/Bindings"), "*.cs"))
            foreach (string type in TypeStart().Split(File.ReadAllText(file)))
            {
                var selectors = SelectorField().Matches(type).ToDictionary(match => match.Groups["field"].Value, match => match.Groups["selector"].Value);
                var sent = Send().Matches(type).Select(match => (Field: match.Groups["field"].Value, Types: match.Groups["types"].Value)).ToList();
                Assert.That(sent.Select(message => message.Field).Distinct(), Is.EquivalentTo(selectors.Keys), $"{file}: each selector is sent, and nothing else");
                foreach (var (field, types) in sent)
                {
                    Assert.That(Declared, Contains.Key(selectors[field]), $"{file}: look {selectors[field]} up in Apple's headers, and add it to the table");
                    Assert.That(types, Is.EqualTo("nint, nint, " + Declared[selectors[field]]), $"{file}: {selectors[field]}");
                    seen++;
                }
            }

        Assert.That(seen, Is.GreaterThan(30));
    }

    /// <summary>
    /// On x86-64 a result of more than 16 bytes comes through objc_msgSend_stret; there is none, so that one entry point serves all.
    /// </summary>
    [Test]
    public void No_message_returns_a_structure() => Assert.That(Declared.Values.Select(types => types.Split(", ")[^1]), Has.None.EqualTo("MTLSize"));

    [Test]
    public void Native_calls_are_made_by_the_bindings_alone()
    {
        string bindings = Path.Combine(Sources, "Gradient.Backend.Metal", "Bindings") + Path.DirectorySeparatorChar;
        string build = Path.DirectorySeparatorChar + "obj" + Path.DirectorySeparatorChar;
        string[] native = [.. Directory.GetFiles(Sources, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains(build, StringComparison.Ordinal) && NativeCall().IsMatch(File.ReadAllText(file)))];
        Assert.That(native, Is.Not.Empty.And.All.StartsWith(bindings));
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    [GeneratedRegex(@"(?=^(?:public|internal) .*\b(?:struct|class) )", RegexOptions.Multiline)]
    private static partial Regex TypeStart();

    [GeneratedRegex(@"nint (?<field>\w+) = Selector\(""(?<selector>[^""]+)""u8\)")]
    private static partial Regex SelectorField();

    [GeneratedRegex(@"\(delegate\* unmanaged<(?<types>[^>]*)>\)MessageSend\)\(\w+, (?<field>\w+)")]
    private static partial Regex Send();

    [GeneratedRegex(@"\[DllImport|\[LibraryImport|\bNativeLibrary\.|delegate\* unmanaged|\bextern\b.*\(")]
    private static partial Regex NativeCall();
}
